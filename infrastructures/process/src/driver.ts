import { realpath } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { AedileError } from '@aedile/core/errors'
import type { Handle, Outcome, ServerId, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { Connection, InfrastructureDriver, LogCursor, Sink } from '@aedile/worker/infrastructure-driver'
import { isAlive, readHost } from './api.ts'
import {
  type AttemptPaths,
  attemptPaths,
  claimForNobody,
  exists,
  isOwned,
  isStopped,
  listAttempts,
  markStopped,
  openStateDirectory,
  readClaim,
  readExit,
  readHandle,
  readProcess,
  removeAttemptDirectory,
  supervisorOf,
} from './attempt-directory.ts'
import { DirectoryWatch, type Wake } from './directory-watch.ts'
import { type Nearness, nearnessOf, type Place, targetId } from './host.ts'
import { type Ending, toOutcome } from './outcome.ts'
import { OutputFollower, readLastLines } from './output-follower.ts'
import { ProcessEnder } from './process-ender.ts'
import type { ProcessRequest } from './request.ts'
import { COMMANDS_AT_ONCE, ENGINES_AT_ONCE, StartGate } from './start-gate.ts'
import { startOnce } from './starting.ts'
import { type ProcessTarget, parseTarget } from './target.ts'

/** Changes within this time are told together, in milliseconds. */
const GATHER_MILLISECONDS = 10
/** How long what a finished command left running may take to end, in seconds. */
const LEFTOVER_GRACE_SECONDS = 5

/** Runs attempts as processes on this host. They outlive the worker: see README.md. */
export const processDriver: InfrastructureDriver<ProcessRequest> = {
  type: 'process',
  async connect(target: JsonObject) {
    const settings = parseTarget(target)
    await openStateDirectory(settings.stateDirectory)
    return new ProcessConnection(settings, { ...(await readHost()), stateDirectory: await realpath(settings.stateDirectory) })
  },
}

/** What describes the run that the worker itself may be part of; its children are not. */
function inheritedRun(environment: NodeJS.ProcessEnv): JsonObject {
  const entries = Object.entries(environment).filter((entry): entry is [string, string] => entry[0].startsWith('PREFECT__'))
  return Object.fromEntries(entries)
}

class ProcessConnection implements Connection<ProcessRequest> {
  readonly #settings: ProcessTarget
  readonly #place: Place
  readonly #watch = new DirectoryWatch()
  readonly #ender = new ProcessEnder()
  readonly #engines = new StartGate(ENGINES_AT_ONCE)
  readonly #commands = new StartGate(COMMANDS_AT_ONCE)
  readonly #closing = new AbortController()

  constructor(settings: ProcessTarget, place: Place) {
    this.#settings = settings
    this.#place = place
  }

  async facts(): Promise<TargetFacts> {
    const inherited = inheritedRun(process.env)
    return { id: targetId(this.#place), ...this.#place, platform: process.platform, directory: process.cwd(), inherited }
  }

  async start(request: ProcessRequest, handle: Handle, io: { sink: Sink; signal: AbortSignal }): Promise<Handle> {
    const paths = this.#pathsOf(handle)
    if (this.#nearness(handle) !== 'here') throw this.#notAvailable(handle)
    const isEngine = handle.reports !== 'worker'
    const gate = isEngine ? this.#engines : this.#commands
    await gate.pass(isEngine, () => startOnce(request, handle, paths, io.signal))
    const started = await withNativeIds(handle, paths)
    io.sink.handle(started)
    return started
  }

  async observe(handle: Handle, io: { sink: Sink; signal: AbortSignal; after?: LogCursor }): Promise<Outcome> {
    const paths = this.#pathsOf(handle)
    const absence = await this.#findAbsence(handle, paths)
    if (absence) return toOutcome(absence, false)
    const signal = AbortSignal.any([io.signal, this.#closing.signal])
    const { keepOutputBytes } = this.#settings
    const follower = new OutputFollower(paths.directory, { keepBytes: keepOutputBytes, sink: io.sink, after: io.after })
    const wake = this.#watch.open(paths.directory)
    try {
      await follower.begin()
      const ending = await this.#follow(handle, paths, { follower, wake, signal })
      return toOutcome(ending, await isStopped(paths), await readLastLines(paths.directory))
    } finally {
      wake.close()
      await follower.close()
    }
  }

  async stop(handle: Handle, graceSeconds: number): Promise<void> {
    const paths = this.#pathsOf(handle)
    const nearness = this.#nearness(handle)
    if (nearness === 'elsewhere') throw this.#notAvailable(handle)
    const isForeign = (await exists(paths.directory)) && !(await isOwned(paths, handle))
    // With the claim taken, whoever was about to start it cannot any more.
    if (nearness === 'before' || isForeign || (await claimForNobody(paths))) throw this.#notFound(handle)
    const supervisor = await supervisorOf(paths)
    if ((await this.#ender.find(handle.attempt, supervisor)).length === 0) throw this.#notFound(handle)
    if (!(await readExit(paths))) await markStopped(paths)
    await this.#ender.end(handle.attempt, supervisor, graceSeconds)
  }

  async remove(handle: Handle): Promise<void> {
    const paths = this.#pathsOf(handle)
    const nearness = this.#nearness(handle)
    if (nearness === 'elsewhere') throw this.#notAvailable(handle)
    const isForeign = (await exists(paths.directory)) && !(await isOwned(paths, handle))
    if (handle.keep || isForeign) return
    await claimForNobody(paths)
    if (nearness === 'here') await this.#endLeftovers(handle, paths)
    await removeAttemptDirectory(paths)
  }

  async *list(owner: ServerId): AsyncIterable<Handle> {
    for (const paths of await listAttempts(this.#settings.stateDirectory)) {
      const handle = await readHandle(paths)
      if (handle?.server === owner) yield await withNativeIds(handle, paths)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('The connection was closed.', 'AbortError'))
    this.#watch.close()
  }

  /** An ending is looked for before the output is read, so that nothing written before it is missed. */
  async #follow(
    handle: Handle,
    paths: AttemptPaths,
    io: { follower: OutputFollower; wake: Wake; signal: AbortSignal },
  ): Promise<Ending> {
    for (;;) {
      await io.wake.next(io.signal)
      const ending = await this.#findEnding(handle, paths)
      await io.follower.drain(io.signal, ending !== null)
      if (ending) return ending
      await delay(GATHER_MILLISECONDS, undefined, { signal: io.signal })
    }
  }

  async #findEnding(handle: Handle, paths: AttemptPaths): Promise<Ending | null> {
    const exit = await readExit(paths)
    if (exit) return exit
    if (this.#nearness(handle) === 'before') return { kind: 'rebooted' }
    const supervisor = await supervisorOf(paths)
    if (supervisor && (await isAlive(supervisor))) return null
    // The command may live on without its supervisor; then no status will come, but an end will.
    if ((await this.#ender.find(handle.attempt, supervisor)).length > 0) return null
    return (await readExit(paths)) ?? { kind: 'lost', ran: (await readProcess(paths)) !== null }
  }

  /** Why there is nothing to observe here; null when there is something. */
  async #findAbsence(handle: Handle, paths: AttemptPaths): Promise<Ending | null> {
    const nearness = this.#nearness(handle)
    if (nearness === 'elsewhere') return { kind: 'not-mine', target: handle.target, here: targetId(this.#place) }
    const claim = await readClaim(paths)
    if (claim.kind !== 'none' && claim.kind !== 'never' && (await isOwned(paths, handle))) return null
    if (nearness === 'before') return { kind: 'rebooted' }
    return claim.kind === 'never' ? { kind: 'never' } : { kind: 'not-found' }
  }

  async #endLeftovers(handle: Handle, paths: AttemptPaths): Promise<void> {
    const supervisor = await supervisorOf(paths)
    if (supervisor && !(await readExit(paths)) && (await isAlive(supervisor))) {
      throw new AedileError('infrastructure_failed', { what: `${handle.name} still runs. Stop it before removing it.` })
    }
    await this.#ender.end(handle.attempt, supervisor, LEFTOVER_GRACE_SECONDS)
  }

  #pathsOf(handle: Handle): AttemptPaths {
    return attemptPaths(this.#settings.stateDirectory, handle.name)
  }

  #nearness(handle: Handle): Nearness {
    return nearnessOf(handle, this.#place)
  }

  #notFound({ name, target }: Handle): AedileError {
    return new AedileError('infrastructure_not_found', { name, target })
  }

  #notAvailable({ name, target }: Handle): AedileError {
    return new AedileError('infrastructure_not_available', { name, target, here: targetId(this.#place) })
  }
}

async function withNativeIds(handle: Handle, paths: AttemptPaths): Promise<Handle> {
  const command = await readProcess(paths)
  const supervisor = await supervisorOf(paths)
  const native = {
    ...(command ? { pid: command.pid, startTime: command.startTime } : {}),
    ...(supervisor ? { supervisorPid: supervisor.pid, supervisorStartTime: supervisor.startTime } : {}),
  }
  return { ...handle, native: { ...handle.native, ...native } }
}

/** The drivers of this package's types. */
export const drivers = [processDriver]
