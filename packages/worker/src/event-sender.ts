import { sendEvents } from '@aedile/core/client/events'
import type { EventInput } from '@aedile/core/resources/event'
import { backoffSeconds, isFinalAnswer, pause } from './backoff.ts'
import type { WorkerContext } from './worker-context.ts'

/** So many events go in one request. */
const BATCH = 50
/** So many wait while the server is away; then the oldest go. */
const MOST = 1_000

/**
 * Sends the worker's events, in order, in the background: nothing waits for them. They decide nothing, so they are kept in
 * memory only. The server knows an event by its id, so one that was sent in vain is sent again.
 */
export class EventSender {
  readonly #client: WorkerContext['client']
  readonly #log: WorkerContext['log']
  readonly #closing = new AbortController()
  readonly #waiting: EventInput[] = []
  #sending: Promise<void> | null = null
  #isDropping = false

  constructor({ client, log }: Pick<WorkerContext, 'client' | 'log'>) {
    this.#client = client
    this.#log = log
  }

  /** Takes an event and returns at once. */
  offer(event: EventInput): void {
    if (this.#closing.signal.aborted) return
    this.#waiting.push(event)
    this.#dropOldest()
    this.#sending ??= this.#sendAll()
  }

  /** Takes no more, gives what waits so many seconds, and ends. */
  async close(seconds: number): Promise<void> {
    const deadline = setTimeout(() => this.#closing.abort(), seconds * 1000)
    await this.#sending
    clearTimeout(deadline)
    this.#closing.abort()
  }

  async #sendAll(): Promise<void> {
    const { signal } = this.#closing
    // How many of the next ones go each alone: of several that were refused together, one may be the reason.
    let alone = 0
    for (let failures = 0; this.#waiting.length > 0 && !signal.aborted; ) {
      const batch = this.#waiting.splice(0, alone > 0 ? 1 : BATCH)
      const answer = await this.#send(batch)
      const isAgain = answer === 'none' || (answer === 'refused' && batch.length > 1)
      if (isAgain) this.#putBack(batch)
      else alone = Math.max(0, alone - batch.length)
      if (isAgain && answer === 'refused') alone = batch.length
      failures = answer === 'none' ? failures + 1 : 0
      if (failures > 0) await pause(backoffSeconds(failures), signal)
    }
    // Here, not when the promise is awaited: an event that is offered next begins anew.
    this.#sending = null
  }

  async #send(batch: EventInput[]): Promise<'taken' | 'refused' | 'none'> {
    try {
      await sendEvents(this.#client, batch, { maxRetries: 0, timeoutSeconds: 10, signal: this.#closing.signal })
      this.#isDropping = false
      return 'taken'
    } catch (error) {
      if (this.#closing.signal.aborted || !isFinalAnswer(error)) return 'none'
      this.#log.debug({ err: error, events: batch.map(({ event }) => event) }, 'Events were refused by the server')
      return 'refused'
    }
  }

  #putBack(batch: EventInput[]): void {
    this.#waiting.unshift(...batch)
    this.#dropOldest()
  }

  #dropOldest(): void {
    const surplus = this.#waiting.length - MOST
    if (surplus <= 0) return
    this.#waiting.splice(0, surplus)
    if (!this.#isDropping) this.#log.warn(`More than ${MOST} events wait for the server; the oldest are dropped`)
    this.#isDropping = true
  }
}
