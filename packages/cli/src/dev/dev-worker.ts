import { filterFlowRuns, setFlowRunState } from '@aedile/core/client/flow-runs'
import { pause } from '@aedile/core/client/pause'
import { workerSettings } from '@aedile/worker/settings'
import { Worker, type WorkerOptions } from '@aedile/worker/worker'
import type { Logger } from 'pino'
import type { CliContext } from '../cli-context.ts'
import { buildWorkerOptions } from '../compose/worker-options.ts'

/** The pool and the worker of `aedile dev`. */
export const DEV_POOL = 'dev'
const TYPE = 'process'
const LONGEST_GRACE_SECONDS = 10
/** What ends after its grace has so long to be reported. */
const REPORT_SECONDS = 10

/** A worker in this process that looks for runs every second, and whose runs end with it. */
export class DevWorker {
  readonly #context: CliContext
  readonly #options: WorkerOptions
  readonly #graceSeconds: number
  readonly #drain = new AbortController()
  readonly #stop = new AbortController()
  /** Resolves when the worker has ended; rejects when it could not go on. */
  readonly ended: Promise<void>
  /** Resolves when it takes runs. */
  readonly ready: Promise<void>

  private constructor(context: CliContext, options: WorkerOptions, graceSeconds: number) {
    this.#context = context
    this.#options = options
    this.#graceSeconds = graceSeconds
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = new Worker(options).run({ drain: this.#drain.signal, stop: this.#stop.signal }, resolve)
    this.ready = Promise.race([promise, this.ended])
  }

  static async start(context: CliContext, { log, limit }: { log: Logger; limit: number | undefined }): Promise<DevWorker> {
    const given = context.settings(workerSettings).graceSeconds
    const graceSeconds = Math.min(given ?? LONGEST_GRACE_SECONDS, LONGEST_GRACE_SECONDS)
    const options = await buildWorkerOptions(context, {
      pool: DEV_POOL,
      type: TYPE,
      name: 'dev',
      limit: limit ?? null,
      log,
      quiet: true,
      settings: {
        querySeconds: 1,
        cancellationPollSeconds: 1,
        outputBatchSeconds: 0.5,
        graceSeconds,
      },
    })
    return new DevWorker(context, options, graceSeconds)
  }

  /** Takes no more runs, cancels those that are under way, and resolves when nothing of them runs any more. */
  async end(): Promise<void> {
    this.#drain.abort()
    const isOver = new AbortController()
    const over = () => isOver.abort()
    this.ended.then(over, over)
    const deadline = performance.now() + (this.#graceSeconds + REPORT_SECONDS) * 1000
    while (!isOver.signal.aborted && performance.now() < deadline) {
      // Again and again: a run may have been claimed a moment ago.
      await this.#cancelRuns().catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'Runs could not be cancelled yet'),
      )
      await pause(0.5, isOver.signal).catch(() => {})
    }
    this.#stop.abort()
    await this.ended
  }

  /** Kills what runs, at once and without a report. */
  async kill(serverId: string): Promise<void> {
    const { driver, target, credentials } = this.#options
    const connection = await driver.connect(target, credentials)
    const stopped: Promise<void>[] = []
    for await (const handle of connection.list(serverId)) stopped.push(connection.stop(handle, 0).catch(() => {}))
    await Promise.all(stopped)
  }

  async #cancelRuns(): Promise<void> {
    const { client } = this.#context
    const runs = await filterFlowRuns(client, {
      work_pools: { name: { any_: [DEV_POOL] } },
      flow_runs: { state: { type: { any_: ['PENDING', 'RUNNING'] } } },
      limit: 200,
    })
    const state = { type: 'CANCELLING' as const, name: 'Cancelling', message: '`aedile dev` was stopped.' }
    await Promise.all(runs.map((run) => setFlowRunState(client, run.id, state)))
  }
}
