import type { LogCreate } from '@aedile/core/resources/log'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { backoffSeconds, isFinalAnswer, pause } from '../backoff.ts'
import type { LogCursor, OutputStream } from '../infrastructure-driver.ts'
import { splitLines } from './output-lines.ts'

/** Lines that wait, and the cursor right after them. */
export type OutputBatch = { lines: LogCreate[]; cursor: LogCursor; bytes: number }

/** What is stored ends elsewhere than the lines begin: observe again, from there. */
export class OutputMoved extends Error {
  readonly cursor: LogCursor | null

  constructor(cursor: LogCursor | null) {
    super(`Output is stored up to ${cursor ?? 'nowhere'}.`)
    this.cursor = cursor
  }
}

const LAST_LINES = 20
/** What goes in one message; servers refuse large ones. */
const BATCH_BYTES = 1_000_000
/** What a line costs beside its text. */
const LINE_BYTES = 200

export type OutputShipperOptions = {
  flowRunId: string
  /** Stores lines and the cursor right after them, together. */
  store: (lines: LogCreate[], cursor: LogCursor) => Promise<void>
  /** What is refused for good: it would be refused again, so what follows goes on without it. */
  refused: (error: unknown, batch: OutputBatch) => Promise<void>
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
  /** Oldest first; the last one still grows while none is being sent from it. */
  #waiting: OutputBatch[] = []
  #waitingBytes = 0
  #sending = false
  #full = new AbortController()
  #wake = new AbortController()
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
    const lines = splitLines(text).map((message) => this.#line(stream, message))
    const wasEmpty = this.#waiting.length === 0
    this.#append(lines, cursor)
    if (this.#waitingBytes >= this.#options.bufferBytes) this.#full.abort()
    if (wasEmpty || this.#isUrgent()) this.#wake.abort()
  }

  /** Sends until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#sleep(Number.POSITIVE_INFINITY, signal)
      if (!this.#isUrgent()) await this.#sleep(this.#options.batchSeconds, signal)
      const batch = signal.aborted ? undefined : this.#waiting.shift()
      if (batch) await this.#send(batch, signal)
    }
    this.#tellDrained()
  }

  /** Forgets what waits, and has the observation begin again. */
  restart(): void {
    for (const { bytes } of this.#waiting.splice(0)) this.#waitingBytes -= bytes
    this.#full.abort()
  }

  /** Resolves when all that was taken in is stored, or the signal fires. Then more can be taken in. */
  async drained(signal: AbortSignal): Promise<void> {
    if ((this.#waiting.length > 0 || this.#sending) && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#drained.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
        this.#wake.abort()
      })
    }
    this.#full = new AbortController()
  }

  async #send(batch: OutputBatch, signal: AbortSignal): Promise<void> {
    this.#sending = true
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await this.#options.store(batch.lines, batch.cursor)
        break
      } catch (error) {
        if (isFinalAnswer(error)) {
          await this.#options.refused(error, batch)
          break
        }
        await pause(backoffSeconds(failures), signal)
      }
    }
    this.#waitingBytes -= batch.bytes
    this.#sending = false
    if (this.#waiting.length === 0) this.#tellDrained()
  }

  #tellDrained(): void {
    for (const done of this.#drained.splice(0)) done()
  }

  #append(lines: LogCreate[], cursor: LogCursor): void {
    const bytes = lines.reduce((sum, { message }) => sum + message.length + LINE_BYTES, 0)
    const last = this.#waiting.at(-1)
    this.#waitingBytes += bytes
    if (last && last.bytes + bytes <= BATCH_BYTES) {
      last.lines.push(...lines)
      last.cursor = cursor
      last.bytes += bytes
    } else this.#waiting.push({ lines, cursor, bytes })
  }

  #line(stream: OutputStream, message: string): LogCreate {
    this.#lastLines.push(message)
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift()
    return {
      name: `aedile.${stream}`,
      level: stream === 'stdout' ? 20 : 40,
      message,
      timestamp: formatTimestamp(nowMicroseconds()),
      flow_run_id: this.#options.flowRunId,
    }
  }

  /** More than one batch waits, or somebody waits for the end. */
  #isUrgent(): boolean {
    return this.#waiting.length > 1 || this.#drained.length > 0
  }

  async #sleep(seconds: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController()
    const until = AbortSignal.any([signal, this.#wake.signal])
    if (Number.isFinite(seconds)) return pause(seconds, until)
    await new Promise<void>((resolve) => {
      if (until.aborted) resolve()
      else until.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}
