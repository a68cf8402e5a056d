import type { Logger } from 'pino'
import type { Metrics } from '../metrics.ts'

export type WokenLoopOptions = {
  /** The service's name, for its metric and its log lines. */
  name: string
  intervalSeconds: number
  /** Does one part of the work; true when there is more. Must not wait without a deadline. */
  work(signal: AbortSignal): Promise<boolean>
  log: Logger
  metrics?: Metrics
}

/** Runs a service's work when it is woken and, in case a wake was missed, at an interval. One run at a time. */
export class WokenLoop {
  readonly #options: WokenLoopOptions
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #isWoken = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: WokenLoopOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), this.#options.intervalSeconds * 1000)
    this.wake()
  }

  /** Asks for a run, now or after the present one. */
  wake(): void {
    this.#isWoken = true
    if (this.#stop.signal.aborted || !this.#timer) return
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#isWoken) this.wake()
    })
  }

  /** Ends the loop after the part of the work that is going on. */
  async stop(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    const { name, work, log, metrics } = this.#options
    this.#isWoken = false
    const end = metrics?.serviceDuration.startTimer({ service: name })
    try {
      while (!this.#stop.signal.aborted && (await work(this.#stop.signal))) {}
      metrics?.serviceRuns.inc({ service: name })
    } catch (error) {
      metrics?.serviceErrors.inc({ service: name })
      log.error({ err: error, service: name }, 'a service failed; it runs again at its interval')
      this.#isWoken = false
    } finally {
      end?.()
    }
  }
}
