import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { streamEvents } from '@aedile/core/client/streams'

/** A run that ends sooner needs no watch: the stream begins a minute before it is opened. */
const OPEN_AFTER_SECONDS = 1
/** How often a run is read while there is no stream. */
const POLL_SECONDS = 10

/**
 * Tells runs of this process that they shall be cancelled: by the server's stream of events, and by reading the runs
 * while the stream is away. One stream serves all runs.
 */
export class CancellationWatcher {
  readonly #client: ApiClient
  readonly #tell: (sentence: string) => void
  readonly #watched = new Map<string, () => void>()
  #open: OpenWatch | null = null
  #opening: NodeJS.Timeout | null = null

  constructor(client: ApiClient, tell: (sentence: string) => void) {
    this.#client = client
    this.#tell = tell
  }

  /** Calls back once when the run is to be cancelled. Returns what ends the watch. */
  watch(flowRunId: string, onCancelling: () => void): () => void {
    this.#watched.set(flowRunId, onCancelling)
    if (!this.#open) this.#opening ??= setTimeout(() => this.#start(), OPEN_AFTER_SECONDS * 1000).unref()
    return () => {
      this.#watched.delete(flowRunId)
      if (this.#watched.size === 0) this.#close()
    }
  }

  #start(): void {
    this.#opening = null
    const open: OpenWatch = { stop: new AbortController(), poll: null }
    this.#open = open
    void this.#follow(open).catch((error: unknown) => {
      if (open.stop.signal.aborted) return
      this.#tell(`Cancellations are looked for every ${POLL_SECONDS} s, for the stream of events is refused: ${String(error)}`)
      this.#startPolling(open)
    })
  }

  async #follow(open: OpenWatch): Promise<void> {
    const filter = { event: { name: ['prefect.flow-run.Cancelling'] } }
    const events = streamEvents(this.#client, filter, {
      signal: open.stop.signal,
      onConnected: () => {
        if (open.poll) clearInterval(open.poll)
        open.poll = null
      },
      onDisconnected: () => this.#startPolling(open),
    })
    for await (const event of events) {
      this.#notify(event.resource['prefect.resource.id']?.replace('prefect.flow-run.', '') ?? '')
    }
  }

  #startPolling(open: OpenWatch): void {
    open.poll ??= setInterval(() => void this.#pollOnce(open), POLL_SECONDS * 1000).unref()
  }

  async #pollOnce(open: OpenWatch): Promise<void> {
    for (const id of this.#watched.keys()) {
      const options = { signal: open.stop.signal, maxRetries: 0, timeoutSeconds: POLL_SECONDS }
      // The next poll is the retry.
      const flowRun = await readFlowRun(this.#client, id, options).catch(() => null)
      if (flowRun?.state_type === 'CANCELLING') this.#notify(id)
    }
  }

  #notify(flowRunId: string): void {
    const callback = this.#watched.get(flowRunId)
    this.#watched.delete(flowRunId)
    callback?.()
  }

  #close(): void {
    if (this.#opening) clearTimeout(this.#opening)
    this.#opening = null
    this.#open?.stop.abort(new Error('nothing is watched any more'))
    if (this.#open?.poll) clearInterval(this.#open.poll)
    this.#open = null
  }
}

type OpenWatch = { stop: AbortController; poll: NodeJS.Timeout | null }
