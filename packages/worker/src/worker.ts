import { ATTEMPTS_CAPABILITY } from '@aedile/core/attempts/messages'
import { readHello } from '@aedile/core/client/attempts'
import { type ApiClient, createClient } from '@aedile/core/client/client'
import { AedileError } from '@aedile/core/errors'
import type { InfrastructureDefinition, WorkerFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { TemplateCache } from '@aedile/core/templates/compile'
import { DISPATCH_CAPABILITY } from '@aedile/core/worker-channel/frames'
import type { Logger } from 'pino'
import { Roster } from './attempt/roster.ts'
import { openRunLog } from './attempt/run-log.ts'
import { isFinalAnswer, persist } from './backoff.ts'
import { EventSender } from './event-sender.ts'
import { emitWorkerEvent } from './events.ts'
import { HealthServer } from './health-server.ts'
import type { Connection, Credentials, InfrastructureDriver, Target } from './infrastructure-driver.ts'
import type { AttemptLedger } from './ledger/ledger.ts'
import { LocalLedger } from './ledger/local-ledger.ts'
import { ServerLedger } from './ledger/server-ledger.ts'
import { beat } from './loops/heartbeat.ts'
import { type Loop, runLoop } from './loops/loop.ts'
import { reap } from './loops/reap.ts'
import { renewLease } from './loops/renew-lease.ts'
import { watchCancellations } from './loops/watch-cancellations.ts'
import { PoolWatcher } from './pool.ts'
import { RunIntake } from './run-intake.ts'
import type { WorkerSettings } from './settings.ts'
import type { StateDirectory } from './state-directory.ts'
import type { WorkerContext } from './worker-context.ts'

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
  #drain: AbortSignal = NEVER
  #intake: RunIntake | null = null
  /** True when the server delivers due runs to who asks for it. */
  #delivers = false
  readonly #ended = new AbortController()

  constructor(options: WorkerOptions) {
    if (/[/%]/.test(options.facts.name)) throw new AedileError('worker_name_invalid', { name: options.facts.name })
    // What matters is tried again here for as long as it takes. A client that tried long by itself would only hide that.
    this.#options = { ...options, client: createClient({ ...options.client.options, maxRetries: 1 }) }
  }

  /** The story of a worker. Resolves when it has drained or was stopped. */
  async run({ drain, stop }: WorkerSignals, onReady: () => void = () => {}): Promise<void> {
    this.#drain = drain
    const health = await this.#startHealthServer()
    const connection = await this.#options.driver.connect(this.#options.target, this.#options.credentials)
    try {
      const context = await this.#connect(connection, stop)
      if (!context) return
      const roster: Roster = new Roster(context, () => intake.onFreed())
      const intake = new RunIntake(context, roster, { ...this.#options, delivers: this.#delivers })
      this.#intake = intake
      try {
        await this.#greet(context, roster)
        onReady()
        await this.#work(context, roster, intake)
      } catch (error) {
        if (!stop.aborted) throw error
      } finally {
        await this.#leave(context, roster)
      }
    } finally {
      await connection.close()
      await health?.stop()
    }
  }

  /** Null when the worker was told to end before the server answered: nothing was taken yet, so there is nothing to drain. */
  async #connect(connection: Connection, signal: AbortSignal): Promise<WorkerContext | null> {
    const { client, definition, settings, log, facts, notes, output } = this.#options
    const pool = new PoolWatcher({
      client,
      definition,
      name: this.#options.workPool,
      createIfMissing: this.#options.createPoolIfMissing,
      baseJobTemplate: this.#options.baseJobTemplate,
    })
    const ending = AbortSignal.any([signal, this.#drain])
    const target = await connection.facts()
    const templates = new TemplateCache()
    try {
      const ledger = await this.#reach(() => this.#chooseLedger(pool), ending)
      const context = {
        client,
        definition,
        connection,
        target,
        ledger,
        notes: ledger.shared ? notes.withoutNotes() : notes,
        lines: openRunLog(client),
        events: new EventSender({ client, log }),
        pool,
        facts,
        templates,
        settings,
        log,
        output,
        signal,
      }
      await this.#reach(() => beat(context), ending)
      return context
    } catch (error) {
      if (ending.aborted) return null
      throw error
    }
  }

  /** Goes on until the server answers. */
  #reach<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { log, client } = this.#options
    const onFailure = (error: unknown, failures: number) => {
      if (failures === 1) log.warn({ err: error }, `The server at ${client.apiUrl} cannot be reached yet; trying on`)
    }
    return persist(action, { signal, isFinal: isFinalAnswer, onFailure })
  }

  async #chooseLedger(pool: PoolWatcher): Promise<AttemptLedger> {
    const { client, facts, workPool, log } = this.#options
    const hello = await readHello(client)
    this.#delivers = hello?.capabilities.includes(DISPATCH_CAPABILITY) ?? false
    if (!hello?.capabilities.includes(ATTEMPTS_CAPABILITY)) return new LocalLedger(client, facts.name, log)
    return new ServerLedger(client, hello, { name: facts.name, workPool, pool })
  }

  async #greet(context: WorkerContext, roster: Roster): Promise<void> {
    const { log, facts, definition } = this.#options
    await context.notes.sweep()
    const resumed = await this.#reach(() => roster.resume(), context.signal)
    if (resumed > 0)
      log.info({ attempts: resumed }, `Picked up ${resumed} ${resumed === 1 ? 'run' : 'runs'} of an earlier worker of this name`)
    const pool = context.pool.current
    log.info(
      { worker: facts.name, workPool: pool.name, type: definition.type },
      `Worker '${facts.name}' started for work pool '${pool.name}'`,
    )
    if (pool.is_paused) log.warn(`Work pool '${pool.name}' is paused; no run will be taken until it is resumed`)
    emitWorkerEvent(context, 'started')
  }

  async #work(context: WorkerContext, roster: Roster, intake: RunIntake): Promise<void> {
    const { log } = this.#options
    const background = new AbortController()
    const until = AbortSignal.any([background.signal, context.signal])
    const loops = this.#backgroundLoops(context, roster, intake).map((loop) => runLoop(loop, log, until))
    try {
      await this.#takeRuns(context, intake)
      if (roster.size > 0 && !context.signal.aborted)
        log.info(`Waiting for ${roster.size} ${roster.size === 1 ? 'run' : 'runs'} to end`)
      await Promise.race([roster.emptied(), fired(context.signal)])
    } finally {
      background.abort()
      this.#ended.abort()
      await Promise.all(loops)
    }
  }

  #backgroundLoops(context: WorkerContext, roster: Roster, intake: RunIntake): Loop[] {
    const { settings } = this.#options
    const { leaseSeconds } = context.ledger
    const isDraining = () => this.#drain.aborted || this.#options.runOnce
    const kept = new Set<string>()
    const loops: Loop[] = [
      {
        name: 'The heartbeat',
        intervalSeconds: settings.heartbeatSeconds,
        jitter: true,
        turn: async () => intake.beat() || beat(context),
      },
      {
        name: 'Watching for cancellations',
        intervalSeconds: settings.cancellationPollSeconds,
        turn: () => watchCancellations(context, roster.attempts),
      },
      {
        name: 'Removing leftovers',
        intervalSeconds: settings.reapSeconds,
        turn: () => reap(context, (key) => roster.has(key), Date.now, kept),
      },
    ]
    if (leaseSeconds === null) return loops
    // With nothing to renew, it only asks for what nobody attends.
    let idleTurns = 0
    const turn = async () => {
      idleTurns = roster.size > 0 ? 0 : idleTurns + 1
      if (idleTurns % TURNS_PER_IDLE_LEASE === 0) await renewLease(context, roster, isDraining)
    }
    return [...loops, { name: 'Renewing the lease', intervalSeconds: leaseSeconds / 3, turn }]
  }

  async #takeRuns(context: WorkerContext, intake: RunIntake): Promise<void> {
    const until = AbortSignal.any([this.#drain, context.signal])
    if (!this.#options.runOnce) return intake.run(until, this.#ended.signal)
    await this.#reach(() => intake.takeDueRuns(until), until).catch((error: unknown) => {
      if (!until.aborted) throw error
    })
  }

  async #leave(context: WorkerContext, roster: Roster): Promise<void> {
    await roster.releaseAll()
    const isAtOnce = context.signal.aborted
    if (!isAtOnce) emitWorkerEvent(context, 'stopped')
    if (!isAtOnce) await context.lines.settled()
    await context.events.close(isAtOnce ? 0 : LAST_EVENTS_SECONDS)
    this.#options.log.info(`Worker '${this.#options.facts.name}' stopped`)
  }

  /** Healthy while it asked for work lately. A worker that drains asks no more, and is well. */
  async #startHealthServer(): Promise<HealthServer | null> {
    const { settings, withHealthServer, log } = this.#options
    if (!withHealthServer) return null
    const started = performance.now()
    const isStarting = () => (performance.now() - started) / 1000 < settings.querySeconds * 30
    const isHealthy = () => this.#drain.aborted || (this.#intake ? this.#intake.isFresh : isStarting())
    const server = new HealthServer({ host: settings.healthHost, port: settings.healthPort, isHealthy })
    const port = await server.start()
    log.info(`Health endpoint: http://${settings.healthHost}:${port}/health`)
    return server
  }
}

const NEVER = new AbortController().signal
/** A worker without runs renews its lease each third time. */
const TURNS_PER_IDLE_LEASE = 3
/** So long an ending worker tries to send its last events, in seconds. */
const LAST_EVENTS_SECONDS = 10

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
