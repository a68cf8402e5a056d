import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { constants, hostname } from 'node:os'
import { promisify } from 'node:util'
import { isSame, type ProcessEntry, type ProcessIdentity, parsePs, parseStat } from './process-table.ts'
import { SUPERVISOR } from './supervisor.ts'

/** The operating system, as narrow as we need it. The only file that starts or signals anything. */

export type Spawn = {
  claim: string
  directory: string
  out: string
  err: string
  argv: string[]
  env: Record<string, string>
  cwd: string
}

/** What became of a supervisor that this process started. */
export type SpawnedSupervisor = { isGone: boolean; gone: Promise<void>; error: Error | null }

/**
 * Starts a supervisor in a session of its own, so that neither the worker's death nor a signal to the worker's group
 * reaches it.
 */
export function spawnSupervisor({ claim, directory, out, err, argv, env, cwd }: Spawn): SpawnedSupervisor {
  const [plain, odd] = splitEnvironment(env)
  const command = odd.length > 0 ? ['/usr/bin/env', ...odd, ...argv] : argv
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'aedile', claim, directory, out, err, ...command], {
    cwd,
    env: plain,
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  const { promise: gone, resolve: tellGone } = Promise.withResolvers<void>()
  const supervisor: SpawnedSupervisor = { isGone: false, gone, error: null }
  const end = (error: Error | null) => {
    supervisor.isGone = true
    supervisor.error ??= error
    tellGone()
  }
  child.once('exit', () => end(null))
  child.once('error', end)
  return supervisor
}

/** Shells drop variables whose names are no identifiers and change some that they use themselves: `env` sets those. */
function splitEnvironment(env: Record<string, string>): [Record<string, string>, string[]] {
  const isOdd = (name: string) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || ['IFS', 'OPTIND', 'PPID', 'PS4'].includes(name)
  const entries = Object.entries(env)
  const plain = Object.fromEntries(entries.filter(([name]) => !isOdd(name)))
  return [plain, entries.filter(([name]) => isOdd(name)).map(([name, value]) => `${name}=${value}`)]
}

/** Signals exactly this process, just listed. False when it is gone or another user's. */
export function sendSignal(process_: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    process.kill(process_.pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH' || (error as NodeJS.ErrnoException).code === 'EPERM') return false
    throw error
  }
}

/** The signal of a number, e.g. SIGKILL for 9. */
export function signalOfNumber(number: number): { name: string; number: number } {
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  return { name: name ?? `SIG${number}`, number }
}

const HAS_PROC = process.platform === 'linux'

/** True while exactly this process lives. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!HAS_PROC) return (await listProcesses()).some((entry) => !entry.zombie && isSame(entry, identity))
  const entry = readProcEntry(identity.pid, false)
  return entry !== null && !entry.zombie && isSame(entry, identity)
}

/** Everything that runs, with the attempt keys in the environments of what runs under our user. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  if (!HAS_PROC) return parsePs((await promisify(execFile)('/bin/ps', ['-axo', 'pid=,ppid=,sess=,stat=,lstart='])).stdout)
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => readProcEntry(Number(pid), true) ?? [])
}

function readProcEntry(pid: number, withAttempt: boolean): ProcessEntry | null {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return stat && { ...stat, attempt: withAttempt ? readAttempt(pid) : null }
  } catch {
    return null
  }
}

/** Another user's environment cannot be read, nor a zombie's. */
function readAttempt(pid: number): string | null {
  try {
    return /(?:^|\0)AEDILE_ATTEMPT=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1] ?? null
  } catch {
    return null
  }
}

/** Which host this is, since which boot, and in which process namespace: containers may share the first two. */
export type HostFacts = { host: string; boot: string; namespace: string }

/** Reads who this host is. Machine ids tell hosts of one name apart. */
export async function readHost(): Promise<HostFacts> {
  const machine = readOr('', () => readFileSync('/etc/machine-id', 'latin1').trim().slice(0, 8))
  const host = machine ? `${hostname()}-${machine}` : hostname()
  if (HAS_PROC) {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return { host, boot, namespace: readOr('0', () => readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')) }
  }
  const { stdout } = await promisify(execFile)('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])
  return { host, boot: stdout.trim(), namespace: '0' }
}

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/**
 * Gives the first bytes of a file back to the disk; its size and all offsets stay. Only Linux can, by `fallocate`.
 * False where that is not possible.
 */
export async function freeFileStart(path: string, bytes: number): Promise<boolean> {
  try {
    await promisify(execFile)('fallocate', ['--punch-hole', '--offset', '0', '--length', String(bytes), path])
    return true
  } catch {
    return false
  }
}
