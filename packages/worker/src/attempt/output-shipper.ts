import type { LogCreate } from '@aedile/core/resources/log'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { backoffSeconds, isFinalAnswer, pause } from '../backoff.ts'
import type { LogCursor, OutputStream } from '../infrastructure-driver.ts'

type Batch = { lines: LogCreate[]; cursor: LogCursor | null; bytes: number }

const LAST_LINES = 20
const BATCH_BYTES = 1_000_000

export type OutputShipperOptions = {
  flowRunId: string
  /** Stores lines and the cursor right after them, together. */
  store: (lines: LogCreate[], cursor: LogCursor) => Promise<void>
  /** Longest wait of a line. */
  batchSeconds: number
  /** More than this is not held; the observation has to pause. */
  bufferBytes: number
}

/**
 * Brings the output of one run into its logs, in batches with the cursor right after them, and keeps what could not be
 * sent yet. When more waits than the bound allows, `fullSignal` fires and the observation pauses until it drained: output
 * stays where it was written, nothing is lost.
 */
export class OutputShipper {
  readonly #options: OutputShipperOptions
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  readonly #lastLines: string[] = []
  #pending: Batch = emptyBatch()
  #sending = false
  #full = new AbortController()
  #wake = () => {}
  #drained: (() => void)[] = []

  constructor(options: OutputShipperOptions) {
    this.#options = options
  }

  /** The last lines of output, oldest first. */
  get lastLines(): string[] {
    return [...this.#lastLines]
  }

  /** Fires when too much waits. */
  get fullSignal(): AbortSignal {
    return this.#full.signal
  }

  /** Takes whole lines in; returns at once. */
  take(stream: OutputStream, bytes: Uint8Array, cursor: LogCursor): void {
    const text = this.#decoders[stream].decode(bytes, { stream: true })
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    for (const line of lines) this.#add(stream, line.endsWith('\r') ? line.slice(0, -1) : line)
    this.#pending.cursor = cursor
    if (this.#pending.bytes >= this.#options.bufferBytes) this.#full.abort()
    this.#wake()
  }

  /** Sends until the signal fires. What the server refuses for good goes to `onDropped`. */
  async run(signal: AbortSignal, onDropped: (error: unknown, lines: number) => void): Promise<void> {
    while (!signal.aborted) {
      if (this.#pending.cursor === null) await this.#nextWork(signal)
      const hurry = this.#drained.length > 0 || this.#pending.bytes >= BATCH_BYTES
      if (!hurry) await pause(this.#options.batchSeconds, signal)
      if (!signal.aborted) await this.#send(signal, onDropped)
    }
  }

  /** Resolves when all that was taken in is stored, or the signal fires. Then more can be taken in. */
  async drained(signal: AbortSignal): Promise<void> {
    if (this.#pending.cursor !== null || this.#sending) {
      await new Promise<void>((resolve) => {
        const done = () => resolve()
        this.#drained.push(done)
        signal.addEventListener('abort', done, { once: true })
        this.#wake()
      })
    }
    this.#full = new AbortController()
  }

  async #send(signal: AbortSignal, onDropped: (error: unknown, lines: number) => void): Promise<void> {
    const batch = this.#pending
    this.#pending = emptyBatch()
    this.#sending = true
    for (let failures = 1; batch.cursor !== null && !signal.aborted; failures++) {
      try {
        await this.#options.store(batch.lines, batch.cursor)
        break
      } catch (error) {
        if (isFinalAnswer(error)) {
          onDropped(error, batch.lines.length)
          break
        }
        await pause(backoffSeconds(failures), signal)
      }
    }
    this.#sending = false
    if (this.#pending.cursor === null) for (const done of this.#drained.splice(0)) done()
  }

  #add(stream: OutputStream, message: string): void {
    this.#lastLines.push(message)
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift()
    this.#pending.lines.push({
      name: `aedile.${stream}`,
      level: stream === 'stdout' ? 20 : 40,
      message,
      timestamp: formatTimestamp(nowMicroseconds()),
      flow_run_id: this.#options.flowRunId,
    })
    this.#pending.bytes += message.length + 200
  }

  #nextWork(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
  }
}

function emptyBatch(): Batch {
  return { lines: [], cursor: null, bytes: 0 }
}
