import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ChangeName, Changes } from '../changes.ts'
import type { Metrics } from '../metrics.ts'
import type { Service } from './service.ts'

/** A pass that takes longer than this, or than ten intervals, is told to stop. */
const LEAST_DEADLINE_SECONDS = 60

/** What a runner needs of its surroundings. */
export type RunnerParts = { log: Logger; metrics: Metrics; changes: Changes }

/** Runs services at their intervals until it is stopped. A service never overlaps itself. */
export class ServiceRunner {
  readonly #loops: ServiceLoop[]
  readonly #changes: Changes
  readonly #subscriptions: [ChangeName, () => void][] = []
  readonly #stopping = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  constructor(services: readonly Service[], parts: RunnerParts) {
    this.#loops = services.map((service) => new ServiceLoop(service, parts))
    this.#changes = parts.changes
  }

  /** Starts every service with a first pass at once. */
  start(): void {
    for (const loop of this.#loops) {
      for (const change of loop.service.wakeOn ?? []) {
        const wake = () => loop.wake()
        this.#changes.on(change, wake)
        this.#subscriptions.push([change, wake])
      }
    }
    this.#running = Promise.all(this.#loops.map((loop) => loop.run(this.#stopping.signal)))
  }

  /** Makes a service run as soon as it can, without waiting for its interval. */
  wake(name: string): void {
    for (const loop of this.#loops) if (loop.service.name === name) loop.wake()
  }

  /** Tells every service to stop and resolves when all have. */
  async stop(): Promise<void> {
    for (const [change, wake] of this.#subscriptions.splice(0)) this.#changes.off(change, wake)
    this.#stopping.abort()
    await this.#running
  }
}

class ServiceLoop {
  readonly service: Service
  readonly #parts: RunnerParts
  #isWoken = false
  #pause = new AbortController()

  constructor(service: Service, parts: RunnerParts) {
    this.service = service
    this.#parts = parts
  }

  wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    this.#pause.abort()
  }

  async run(stopping: AbortSignal): Promise<void> {
    stopping.addEventListener('abort', () => this.#pause.abort(), { once: true })
    while (!stopping.aborted) {
      const started = performance.now()
      this.#isWoken = false
      await this.#pass(stopping)
      const rest = this.service.intervalSeconds * 1000 - (performance.now() - started)
      await this.#rest(Math.max(0, rest), stopping)
    }
  }

  async #pass(stopping: AbortSignal): Promise<void> {
    const { name, intervalSeconds } = this.service
    const { log, metrics } = this.#parts
    // A signal of its own for each pass: `AbortSignal.timeout` and `any` would keep theirs until the deadline is over.
    const pass = new AbortController()
    const stop = () => pass.abort()
    const deadline = setTimeout(stop, Math.max(LEAST_DEADLINE_SECONDS, 10 * intervalSeconds) * 1000).unref()
    stopping.addEventListener('abort', stop, { once: true })
    const started = performance.now()
    metrics.serviceRuns.inc({ service: name })
    try {
      await this.service.runOnce(pass.signal)
    } catch (error) {
      if (stopping.aborted) return
      metrics.serviceErrors.inc({ service: name })
      log.error({ err: error, service: name }, 'a service failed, it goes on at its next time')
    } finally {
      clearTimeout(deadline)
      stopping.removeEventListener('abort', stop)
      metrics.serviceDuration.observe({ service: name }, (performance.now() - started) / 1000)
    }
  }

  /** A wake that came during the pass ends the rest before it begins. */
  async #rest(milliseconds: number, stopping: AbortSignal): Promise<void> {
    this.#pause = new AbortController()
    if (!this.#isWoken && !stopping.aborted) {
      await sleep(milliseconds, undefined, { signal: this.#pause.signal, ref: false }).catch(() => {})
    }
    const { gatherMilliseconds } = this.service
    if (this.#isWoken && gatherMilliseconds !== undefined) {
      await sleep(gatherMilliseconds, undefined, { signal: stopping, ref: false }).catch(() => {})
    }
  }
}
