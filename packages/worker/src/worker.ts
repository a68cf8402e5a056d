import { ATTEMPTS_CAPABILITY } from '@aedile/core/attempts/messages'
import { readHello } from '@aedile/core/client/attempts'
import type { ApiClient } from '@aedile/core/client/client'
import { sendLogs } from '@aedile/core/client/logs'
import { AedileError } from '@aedile/core/errors'
import type { InfrastructureDefinition, WorkerFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { WorkerFlowRun } from '@aedile/core/resources/flow-run'
import { TemplateCache } from '@aedile/core/templates/compile'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { Roster } from './attempt/roster.ts'
import { isFinalAnswer, persist } from './backoff.ts'
import { claimRun, makeAttemptKey } from './claim.ts'
import { emitWorkerEvent } from './events.ts'
import { HealthServer } from './health-server.ts'
import type { Credentials, InfrastructureDriver, Target } from './infrastructure-driver.ts'
import type { AttemptLedger } from './ledger/ledger.ts'
import { LocalLedger } from './ledger/local-ledger.ts'
import { ServerLedger } from './ledger/server-ledger.ts'
import { beat } from './loops/heartbeat.ts'
import { runLoop } from './loops/loop.ts'
import { reap } from './loops/reap.ts'
import { renewLease } from './loops/renew-lease.ts'
import { watchCancellations } from './loops/watch-cancellations.ts'
import { PoolWatcher } from './pool.ts'
import { PollingRunSource, type RunSource } from './run-source.ts'
import type { WorkerSettings } from './settings.ts'
import type { StateDirectory } from './state-directory.ts'
import type { WorkerContext } from './worker-context.ts'

const CLAIMS_AT_ONCE = 16
const LEASE_LOOP_SECONDS = 15

/** What a worker is made of. The command line puts it together; nothing here reads the environment. */
export type WorkerOptions = {
  client: ApiClient
  definition: InfrastructureDefinition
  driver: InfrastructureDriver
  target: Target
  credentials: Credentials
  workPool: string
  /** Queues to take runs from; all when empty. */
  queueNames: string[]
  /** At most so many runs at once; null for no limit. */
  limit: number | null
  createPoolIfMissing: boolean
  baseJobTemplate: JsonObject | null
  facts: WorkerFacts
  settings: WorkerSettings
  notes: StateDirectory
  log: Logger
  output: WorkerContext['output']
  /** Ask once, run what was due, and end. */
  runOnce: boolean
  withHealthServer: boolean
}

export type WorkerSignals = {
  /** Take no more runs; end when the present ones have ended. */
  drain: AbortSignal
  /** End at once. Runs go on; the next worker of this name picks them up. */
  stop: AbortSignal
}

/** A worker: takes due runs from its pool and follows each to its end, whatever dies in between. */
export class Worker {
  readonly #options: WorkerOptions
  #lastPoll = performance.now()
  #wake = new AbortController()

  constructor(options: WorkerOptions) {
    if (/[/%]/.test(options.facts.name)) throw new AedileError('worker_name_invalid', { name: options.facts.name })
    this.#options = options
  }

  /** The story of a worker. Resolves when it has drained or was stopped. */
  async run({ drain, stop }: WorkerSignals, onReady: () => void = () => {}): Promise<void> {
    const health = await this.#startHealthServer()
    try {
      const context = await this.#connect(stop)
      const roster = new Roster(context, () => this.#wake.abort())
      await this.#greet(context, roster)
      onReady()
      await this.#work(context, roster, drain)
      await this.#leave(context, roster)
    } finally {
      await health?.stop()
    }
  }

  async #connect(signal: AbortSignal): Promise<WorkerContext> {
    const { client, definition, driver, settings, log, facts, notes, output } = this.#options
    const connection = await driver.connect(this.#options.target, this.#options.credentials)
    const pool = new PoolWatcher({
      client,
      definition,
      name: this.#options.workPool,
      createIfMissing: this.#options.createPoolIfMissing,
      baseJobTemplate: this.#options.baseJobTemplate,
    })
    const reach = <T>(action: () => Promise<T>) =>
      persist(action, {
        signal,
        isFinal: isFinalAnswer,
        onFailure: (error, failures) => {
          if (failures === 1) log.warn({ err: error }, `The server at ${client.apiUrl} cannot be reached yet; trying on`)
        },
      })
    const ledger = await reach(() => this.#chooseLedger())
    await reach(() => pool.refresh())
    const target = await connection.facts()
    const templates = new TemplateCache()
    return { client, definition, connection, target, ledger, notes, pool, facts, templates, settings, log, output, signal }
  }

  async #chooseLedger(): Promise<AttemptLedger> {
    const { client, facts, workPool } = this.#options
    const hello = await readHello(client)
    if (hello?.capabilities.includes(ATTEMPTS_CAPABILITY)) return new ServerLedger(client, hello.server_id, facts.name, workPool)
    return new LocalLedger(client.apiUrl, (lines) => sendLogs(client, lines))
  }

  async #greet(context: WorkerContext, roster: Roster): Promise<void> {
    const { log, facts, definition } = this.#options
    await beat(context)
    const resumed = await roster.resume()
    if (resumed > 0)
      log.info({ attempts: resumed }, `Picked up ${resumed} ${resumed === 1 ? 'run' : 'runs'} of an earlier worker of this name`)
    log.info(
      { worker: facts.name, workPool: context.pool.current.name, type: definition.type },
      `Worker '${facts.name}' started for work pool '${context.pool.current.name}'`,
    )
    if (context.pool.current.is_paused)
      log.warn(`Work pool '${context.pool.current.name}' is paused; no run will be taken until it is resumed`)
    await emitWorkerEvent(context, 'started')
  }

  async #work(context: WorkerContext, roster: Roster, drain: AbortSignal): Promise<void> {
    const { settings, log } = this.#options
    const background = new AbortController()
    const until = AbortSignal.any([background.signal, context.signal])
    const loops = [
      { name: 'The heartbeat', intervalSeconds: settings.heartbeatSeconds, jitter: true, turn: () => beat(context) },
      {
        name: 'Watching for cancellations',
        intervalSeconds: settings.cancellationPollSeconds,
        turn: () => watchCancellations(context, roster.attempts),
      },
      { name: 'Removing leftovers', intervalSeconds: settings.reapSeconds, turn: () => reap(context, (key) => roster.has(key)) },
      ...(context.ledger.shared
        ? [{ name: 'The lease', intervalSeconds: LEASE_LOOP_SECONDS, turn: () => renewLease(context, roster) }]
        : []),
    ].map((loop) => runLoop(loop, log, until))
    try {
      await this.#takeRuns(context, roster, AbortSignal.any([drain, context.signal]))
      if (roster.size > 0 && !context.signal.aborted)
        log.info(`Waiting for ${roster.size} ${roster.size === 1 ? 'run' : 'runs'} to end`)
      await Promise.race([roster.emptied(), fired(context.signal)])
    } finally {
      background.abort()
      await Promise.all(loops)
    }
  }

  async #takeRuns(context: WorkerContext, roster: Roster, until: AbortSignal): Promise<void> {
    const { settings, workPool, queueNames, log, runOnce, client } = this.#options
    const source = new PollingRunSource(client, workPool, queueNames, settings.prefetchSeconds)
    const turn = () => this.#takeDueRuns(context, roster, source)
    if (runOnce) return turn()
    const loop = { name: 'Asking for due runs', intervalSeconds: settings.querySeconds, jitter: true, turn }
    await runLoop(loop, log, until, () => {
      this.#wake = new AbortController()
      return this.#isSaturated(roster) ? this.#wake.signal : NEVER
    })
  }

  async #takeDueRuns(context: WorkerContext, roster: Roster, source: RunSource): Promise<void> {
    const free = this.#options.limit === null ? 200 : this.#options.limit - roster.size
    const due = await source.next(free)
    this.#lastPoll = performance.now()
    const limit = pLimit(CLAIMS_AT_ONCE)
    const fresh = due.filter(({ flow_run: run }) => !roster.hasRun(run.id))
    await Promise.all(fresh.map((run) => limit(() => this.#take(context, roster, run))))
  }

  /** Claims one run and attends it. The key is noted before the claim is sent, so that a lost answer loses nothing. */
  async #take(context: WorkerContext, roster: Roster, { flow_run: run }: WorkerFlowRun): Promise<void> {
    const key = makeAttemptKey()
    const note = {
      key,
      flowRunId: run.id,
      workPool: this.#options.workPool,
      worker: this.#options.facts.name,
      step: 'claiming' as const,
      handle: null,
      logCursor: null,
      outcome: null,
    }
    await context.notes.save(note)
    // An answer that was lost is asked for again: the same claim gets the same answer.
    const claimed = await persist(() => claimRun(context.client, run.id, key), { signal: context.signal, isFinal: isFinalAnswer })
    if (claimed) roster.attend(note)
    else await context.notes.delete(key)
  }

  /** True when every slot is taken: then the next question waits for a freed slot, not for the interval. */
  #isSaturated(roster: Roster): boolean {
    return this.#options.limit !== null && roster.size >= this.#options.limit
  }

  async #leave(context: WorkerContext, roster: Roster): Promise<void> {
    await roster.releaseAll()
    if (!context.signal.aborted) await emitWorkerEvent(context, 'stopped')
    await context.connection.close()
    this.#options.log.info(`Worker '${this.#options.facts.name}' stopped`)
  }

  async #startHealthServer(): Promise<HealthServer | null> {
    const { settings, withHealthServer, log } = this.#options
    if (!withHealthServer) return null
    const staleSeconds = settings.querySeconds * 30
    const isHealthy = () => (performance.now() - this.#lastPoll) / 1000 < staleSeconds
    const server = new HealthServer({ host: settings.healthHost, port: settings.healthPort, isHealthy })
    const port = await server.start()
    log.info(`Health endpoint: http://${settings.healthHost}:${port}/health`)
    return server
  }
}

const NEVER = new AbortController().signal

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
