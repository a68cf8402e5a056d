import type { ApiClient } from '@aedile/core/client/client'
import { sendEvents } from '@aedile/core/client/events'
import { pause } from '@aedile/core/client/pause'
import type { EventInput } from '@aedile/core/resources/event'
import { Batcher } from './batcher.ts'
import type { RelatedResource } from './related-resources.ts'

/** An event, and what it is related to beside its own list; that may still be looked up. */
export type QueuedEvent = { event: EventInput; related: Promise<RelatedResource[]> }

const DELAY_SECONDS = 0.2
/** A server that is away is waited for this long, beyond the client's own retries, before events are dropped. */
const PATIENCE_SECONDS = 120

/**
 * Sends events in order, in batches that the server confirms with its answer. A batch whose answer was lost is sent
 * again: the server knows an event by its id. Task runs exist only through these events, so they are not given up
 * lightly.
 */
export class EventSender {
  readonly #client: ApiClient
  readonly #batcher: Batcher<QueuedEvent>

  constructor(client: ApiClient, tell: (sentence: string) => void) {
    this.#client = client
    this.#batcher = new Batcher({
      delaySeconds: DELAY_SECONDS,
      maxItems: 200,
      maxBytes: 1_000_000,
      bytesOf: ({ event }) => JSON.stringify(event).length,
      send: (queued) => this.#send(queued),
      onFailed: (queued, error) => tell(`${queued.length} event(s) could not be sent and are dropped: ${String(error)}`),
    })
  }

  add(event: EventInput, related: Promise<RelatedResource[]> = Promise.resolve([])): void {
    this.#batcher.add({ event, related })
  }

  /** Resolves when everything added before was confirmed by the server or given up. */
  flush(): Promise<void> {
    return this.#batcher.flush()
  }

  async #send(queued: QueuedEvent[]): Promise<void> {
    const events = await Promise.all(
      queued.map(async ({ event, related }) => ({ ...event, related: [...(event.related ?? []), ...(await related)] })),
    )
    const deadline = performance.now() + PATIENCE_SECONDS * 1000
    for (;;) {
      try {
        return await sendEvents(this.#client, events)
      } catch (error) {
        const passing = isPassing(error) && performance.now() < deadline
        if (!passing) throw error
        await pause(2)
      }
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true
}
