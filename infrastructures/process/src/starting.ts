import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AedileError } from '@aedile/core/errors'
import type { Handle } from '@aedile/core/infrastructure-definition'
import { isAlive, type SpawnedSupervisor, spawnSupervisor } from './api.ts'
import { type AttemptPaths, createAttemptDirectory, isOwned, readClaim, readExit, readProcess } from './attempt-directory.ts'
import type { ProcessRequest } from './request.ts'

/** How long a supervisor may take to start its command, in milliseconds. */
const START_MILLISECONDS = 30_000
const LOOK_MILLISECONDS = 3

/**
 * Starts an attempt's command, once for ever: any number of supervisors may be started for it, at once or later, but
 * only the one that gets the claim runs the command. Resolves when the command was started, by whomever, with what resolves
 * when a supervisor that was started here is gone.
 * @throws AedileError `infrastructure_failed` when it cannot start, or may not any more.
 */
export async function startOnce(
  request: ProcessRequest,
  handle: Handle,
  paths: AttemptPaths,
  signal: AbortSignal,
): Promise<{ gone: Promise<void> }> {
  signal.throwIfAborted()
  const isUnclaimed = (await readClaim(paths)).kind === 'none'
  const supervisor = isUnclaimed ? await spawn(request, handle, paths) : null
  await waitUntilStarted(handle, paths, supervisor, signal)
  return { gone: supervisor?.gone ?? Promise.resolve() }
}

async function spawn(request: ProcessRequest, handle: Handle, paths: AttemptPaths): Promise<SpawnedSupervisor> {
  await requireDirectory(request.workingDirectory)
  await createAttemptDirectory(paths, handle)
  const file = (name: string) => (request.streamOutput ? join(paths.directory, name) : '/dev/null')
  try {
    return spawnSupervisor({
      claim: paths.claim,
      directory: paths.directory,
      out: file('stdout'),
      err: file('stderr'),
      argv: request.argv,
      env: request.env,
      cwd: request.workingDirectory ?? join(paths.directory, 'work'),
    })
  } catch (error) {
    throw cannotStart((error as Error).message, error)
  }
}

/** Also whoever comes second waits here, for the one process that there is. */
async function waitUntilStarted(
  handle: Handle,
  paths: AttemptPaths,
  own: SpawnedSupervisor | null,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + START_MILLISECONDS
  while (performance.now() < deadline) {
    const isGone = own?.isGone
    const claim = await readClaim(paths)
    if (claim.kind === 'none' && isGone) throw cannotStart(own?.error?.message ?? '/bin/sh ended before the command', own?.error)
    if (claim.kind === 'never' || !(await isOwned(paths, handle))) throw neverStarts(handle)
    if ((await readProcess(paths)) || (await readExit(paths))) return
    if (claim.kind === 'supervisor' && !(await isAlive(claim.identity))) return
    await delay(LOOK_MILLISECONDS, undefined, { signal })
  }
}

async function requireDirectory(directory: string | null): Promise<void> {
  if (directory === null) return
  const found = await stat(directory).catch(() => null)
  if (!found?.isDirectory()) {
    throw cannotStart(`the working directory ${directory} does not exist on this host. Create it or change working_dir`)
  }
}

/** In the words of a genuine worker: they become the state's message. */
function cannotStart(why: string, cause?: unknown): AedileError {
  return new AedileError('infrastructure_failed', { what: `Flow run could not start: ${why}.` }, { cause })
}

function neverStarts(handle: Handle): AedileError {
  return new AedileError('infrastructure_failed', {
    what: `Attempt ${handle.attempt} was stopped or removed before; it cannot be started again.`,
  })
}
