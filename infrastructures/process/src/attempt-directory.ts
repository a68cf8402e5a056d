import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import type { Handle } from '@aedile/core/infrastructure-definition'
import { signalOfNumber } from './api.ts'
import type { Ending } from './outcome.ts'
import { type ProcessIdentity, parseIdentity } from './process-table.ts'

/**
 * What is kept of process attempts, in the state directory of the worker:
 *
 *     claims/<name>             who may run the attempt's command: one supervisor, or nobody ("never")
 *     attempts/<name>/          handle.json, process, stdout, stderr, messages, exit, stop, work/
 *
 * A file is complete when its last byte is a newline: each is written with one write.
 */

const CLAIM_DAYS = 7
const NEVER = 'never'

/** Where an attempt's files are. */
export type AttemptPaths = { state: string; name: string; directory: string; claim: string }

/** The paths of an attempt's files. A name that comes from elsewhere must not lead out of the state directory. */
export function attemptPaths(state: string, name: string): AttemptPaths {
  if (!isAttemptName(name)) {
    throw new AedileError('infrastructure_failed', { what: `${JSON.stringify(name)} cannot name a process attempt.` })
  }
  return { state, name, directory: join(state, 'attempts', name), claim: join(state, 'claims', name) }
}

function isAttemptName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)
}

/** Every directory that may be an attempt's. */
export async function listAttempts(state: string): Promise<AttemptPaths[]> {
  const names = await readdir(join(state, 'attempts'))
  return names.filter(isAttemptName).map((name) => attemptPaths(state, name))
}

/** Makes the rooms, and removes claims and half-made directories that nobody can need any more. */
export async function openStateDirectory(state: string): Promise<void> {
  await mkdir(join(state, 'attempts'), { recursive: true, mode: 0o700 })
  await mkdir(join(state, 'claims'), { recursive: true, mode: 0o700 })
  const now = Date.now()
  for (const name of await readdir(join(state, 'claims'))) {
    const claim = join(state, 'claims', name)
    const isNeeded = (await exists(join(state, 'attempts', name))) || (await ageDays(claim, now)) < CLAIM_DAYS
    if (!isNeeded) await rm(claim, { force: true })
  }
  for (const name of await readdir(join(state, 'attempts'))) {
    const path = join(state, 'attempts', name)
    if (name.startsWith('.') && (await ageDays(path, now)) > 0.1) await removeTree(path)
  }
}

/**
 * Makes an attempt's directory, whole at the instant it appears. One of the same attempt is fine.
 * @throws AedileError `infrastructure_failed` when the name belongs to something else.
 */
export async function createAttemptDirectory(paths: AttemptPaths, handle: Handle): Promise<void> {
  const unborn = join(paths.state, 'attempts', `.new-${randomUUID()}`)
  await mkdir(join(unborn, 'work'), { recursive: true, mode: 0o700 })
  await writeFile(join(unborn, 'handle.json'), JSON.stringify(handle))
  try {
    await rename(unborn, paths.directory)
  } catch (error) {
    await removeTree(unborn)
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error))) throw error
    if (!(await isOwned(paths, handle))) {
      throw new AedileError('infrastructure_failed', {
        what: `${paths.directory} exists already and belongs to something else. Move it away, or start another attempt.`,
      })
    }
  }
}

/** The stored handle of an attempt; null when there is none. */
export async function readHandle(paths: AttemptPaths): Promise<Handle | null> {
  try {
    return JSON.parse(await readFile(join(paths.directory, 'handle.json'), 'utf8')) as Handle
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null
    throw error
  }
}

/** True when the directory was made for this attempt of this server. */
export async function isOwned(paths: AttemptPaths, handle: Handle): Promise<boolean> {
  const stored = await readHandle(paths)
  return stored !== null && stored.attempt === handle.attempt && stored.server === handle.server
}

export type Claim = { kind: 'none' | 'never' | 'unreadable' } | { kind: 'supervisor'; identity: ProcessIdentity }

/** Who holds the claim. `unreadable`: its taker has not written its name yet, and perhaps never will. */
export async function readClaim(paths: AttemptPaths): Promise<Claim> {
  const text = await readIfExists(paths.claim)
  if (text === null) return { kind: 'none' }
  if (text === `${NEVER}\n`) return { kind: 'never' }
  const identity = text.endsWith('\n') ? parseIdentity(text) : null
  return identity ? { kind: 'supervisor', identity } : { kind: 'unreadable' }
}

/** The supervisor that holds the claim; null when none does. */
export async function supervisorOf(paths: AttemptPaths): Promise<ProcessIdentity | null> {
  const claim = await readClaim(paths)
  return claim.kind === 'supervisor' ? claim.identity : null
}

/** Takes the claim so that the command can never run. False when somebody has it already. */
export async function claimForNobody(paths: AttemptPaths): Promise<boolean> {
  try {
    const file = await open(paths.claim, 'wx', 0o600)
    await file.writeFile(`${NEVER}\n`).finally(() => file.close())
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** The command's own process, once it was started. */
export async function readProcess(paths: AttemptPaths): Promise<ProcessIdentity | null> {
  const text = await readIfExists(join(paths.directory, 'process'))
  return text?.endsWith('\n') ? parseIdentity(text) : null
}

/** How the command ended; null while that is not recorded. */
export async function readExit(paths: AttemptPaths): Promise<Ending | null> {
  const match = /^(exit|signal) (\d+)\n$/.exec((await readIfExists(join(paths.directory, 'exit'))) ?? '')
  if (!match) return null
  const status = Number(match[2])
  if (match[1] === 'exit') return { kind: 'ended', exitCode: status, signal: null }
  return { kind: 'ended', exitCode: null, signal: signalOfNumber(status - 128) }
}

/** Remembers that the attempt was stopped on purpose, for whoever observes it. */
export async function markStopped(paths: AttemptPaths): Promise<void> {
  await writeFile(join(paths.directory, 'stop'), '\n')
}

export async function isStopped(paths: AttemptPaths): Promise<boolean> {
  return exists(join(paths.directory, 'stop'))
}

/** Removes an attempt's directory. It leaves the list at once; its claim stays, so that it can never run again. */
export async function removeAttemptDirectory(paths: AttemptPaths): Promise<void> {
  const dying = join(paths.state, 'attempts', `.gone-${randomUUID()}`)
  try {
    await rename(paths.directory, dying)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  await removeTree(dying)
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false
      throw error
    },
  )
}

/** Commands leave directories without write permission behind, e.g. module caches; their owner may change that. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(codeOf(error))) throw error
    await allowRemoval(path)
    await rm(path, { recursive: true, force: true, maxRetries: 2 })
  }
}

async function allowRemoval(directory: string): Promise<void> {
  await chmod(directory, 0o700)
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowRemoval(join(directory, entry.name))
  }
}

async function readIfExists(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null
    throw error
  }
}

/** Zero for what somebody else removes meanwhile. */
async function ageDays(path: string, now: number): Promise<number> {
  const found = await stat(path).catch(() => null)
  return found ? (now - found.mtimeMs) / 86_400_000 : 0
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
