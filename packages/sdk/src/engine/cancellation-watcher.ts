import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { pause } from '@aedile/core/client/pause'
import { streamEvents } from '@aedile/core/client/streams'

/** A run that ends sooner needs no watch: what happened before is read when it begins. */
const OPEN_AFTER_SECONDS = 1
/** How often the runs themselves are read: while the stream stands, and while it does not. */
const POLL_SECONDS = { connected: 60, alone: 10 }

/**
 * Tells runs of this process that they shall be cancelled: by the server's stream of events, and by reading the runs. The
 * stream alone has gaps: a genuine server stores an event seconds after it told those who listened then. One stream
 * serves all runs.
 */
export class CancellationWatcher {
  readonly #client: ApiClient
  readonly #tell: (sentence: string) => void
  readonly #watched = new Map<string, () => void>()
  #stop: AbortController | null = null

  constructor(client: ApiClient, tell: (sentence: string) => void) {
    this.#client = client
    this.#tell = tell
  }

  /** Calls back once when the run is to be cancelled. Returns what ends the watch. */
  watch(flowRunId: string, onCancelling: () => void): () => void {
    this.#watched.set(flowRunId, onCancelling)
    this.#stop ??= this.#start()
    return () => {
      this.#watched.delete(flowRunId)
      if (this.#watched.size > 0) return
      this.#stop?.abort(new Error('nothing is watched any more'))
      this.#stop = null
    }
  }

  #start(): AbortController {
    const stop = new AbortController()
    const { signal } = stop
    const follow = async () => {
      await pause(OPEN_AFTER_SECONDS, signal)
      const link = { connected: false }
      await Promise.all([this.#follow(link, signal), this.#poll(link, signal)])
    }
    follow().catch((error: unknown) => {
      if (!signal.aborted) this.#tell(`Cancellations are no longer looked for: ${String(error)}`)
    })
    return stop
  }

  async #follow(link: { connected: boolean }, signal: AbortSignal): Promise<void> {
    const filter = { event: { name: ['prefect.flow-run.Cancelling'] } }
    const onConnected = () => {
      link.connected = true
      void this.#readRuns(signal)
    }
    const onDisconnected = () => {
      link.connected = false
    }
    try {
      for await (const event of streamEvents(this.#client, filter, { signal, onConnected, onDisconnected })) {
        this.#notify(event.resource['prefect.resource.id']?.replace('prefect.flow-run.', '') ?? '')
      }
    } catch (error) {
      link.connected = false
      this.#tell(`The server's stream of events is refused, cancellations are polled for: ${String(error)}`)
    }
  }

  async #poll(link: { connected: boolean }, signal: AbortSignal): Promise<void> {
    for (;;) {
      for (let waited = 0; waited < (link.connected ? POLL_SECONDS.connected : POLL_SECONDS.alone); waited++)
        await pause(1, signal)
      await this.#readRuns(signal)
    }
  }

  /** A run that cannot be read now is read the next time. */
  async #readRuns(signal: AbortSignal): Promise<void> {
    for (const id of [...this.#watched.keys()]) {
      const options = { signal, maxRetries: 0, timeoutSeconds: POLL_SECONDS.alone }
      const flowRun = await readFlowRun(this.#client, id, options).catch(() => null)
      if (flowRun?.state_type === 'CANCELLING') this.#notify(id)
    }
  }

  #notify(flowRunId: string): void {
    const callback = this.#watched.get(flowRunId)
    if (!callback) return
    this.#watched.set(flowRunId, () => {})
    callback()
  }
}
