import type { LogCursor, OutputStream, Sink } from '@aedile/worker/infrastructure-driver'
import type { Container, EngineApi } from './api.ts'
import { isAnswer } from './engine-error.ts'
import { advance, formatCursor, type LogPlace, parseCursor, Skipper, sinceOf } from './log-cursor.ts'
import { type LogEntry, readEntries } from './log-entries.ts'

/** As much is told at once; a longer line is told in pieces. */
const PIECE_BYTES = 64 * 1024
/** Lines that are told at once: each becomes a record that is much larger than a short line. */
const PIECE_LINES = 2_000
const LAST_LINES = 20
/** The Engine counts entries of both streams, and parts of long lines. */
const TAIL_ENTRIES = 400
const NEWLINE = 0x0a

/** Entries of one stream that are to be told: whole lines, or what of a line has come. */
type Held = { stream: OutputStream; chunks: Buffer[]; bytes: number; lines: number; place: LogPlace }
/** The beginning of a line that has no end yet. */
type Open = { chunks: Buffer[]; bytes: number; times: string[] }

/**
 * Follows a container's log from a cursor on. It may be asked as often as the log is cut off: what was told is not told
 * again, so a last look after the end finds what a stream that broke had not sent.
 */
export class LogFollower {
  readonly #api: EngineApi
  readonly #container: Container
  readonly #sink: Sink
  #place: LogPlace
  #open: Record<OutputStream, Open> = noOpenLines()
  #held: Held | null = null

  constructor(api: EngineApi, container: Container, options: { sink: Sink; after?: LogCursor | undefined }) {
    this.#api = api
    this.#container = container
    this.#sink = options.sink
    this.#place = parseCursor(options.after)
  }

  /** Tells what comes until the log ends; with `follow`, that is when the container does. */
  async read(signal: AbortSignal, follow: boolean): Promise<void> {
    this.#open = noOpenLines()
    const skipper = new Skipper(this.#place)
    const { since } = this.#place
    const query = { stdout: '1', stderr: '1', timestamps: '1', ...(follow ? { follow: '1' } : {}), ...(since ? { since } : {}) }
    const stream = await this.#api.logs(this.#container.Id, query, signal)
    const abort = () => stream.destroy()
    signal.addEventListener('abort', abort, { once: true })
    try {
      for await (const entries of readEntries(stream, this.#container.Config.Tty)) {
        signal.throwIfAborted()
        for (const entry of entries) if (!skipper.isTold(entry.stream, entry.time)) this.#take(entry)
        this.#flush()
      }
    } finally {
      signal.removeEventListener('abort', abort)
      stream.destroy()
      if (signal.aborted) signal.throwIfAborted()
    }
  }

  /** Whether the last entries of a log that is over were all told or are held. */
  hasAll(tail: LogEntry[]): boolean {
    return (['stdout', 'stderr'] as const).every((stream) => {
      const times = tail.filter((entry) => entry.stream === stream).map(({ time }) => time)
      const last = times.at(-1)
      const open = this.#open[stream].times
      const seen =
        open.length > 0 ? { time: open.at(-1)!, count: open.filter((time) => time === open.at(-1)).length } : this.#place[stream]
      return (
        last === undefined ||
        last < seen.time ||
        (last === seen.time && times.filter((time) => time === last).length <= seen.count)
      )
    })
  }

  /** Tells lines that have no end, after the end. */
  finish(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#open[stream].bytes > 0) this.#close(stream)
    }
    this.#flush()
  }

  #take({ stream, time, bytes }: LogEntry): void {
    const open = this.#open[stream]
    open.chunks.push(bytes)
    open.times.push(time)
    open.bytes += bytes.length
    if (bytes.at(-1) === NEWLINE || open.bytes >= PIECE_BYTES) this.#close(stream)
  }

  /** What is open of a stream may be told now. */
  #close(stream: OutputStream): void {
    const { chunks, bytes, times } = this.#open[stream]
    this.#open[stream] = { chunks: [], bytes: 0, times: [] }
    const isFull = this.#held && (this.#held.bytes + bytes > PIECE_BYTES || this.#held.lines >= PIECE_LINES)
    if (this.#held && (isFull || this.#held.stream !== stream)) this.#flush()
    this.#held ??= { stream, chunks: [], bytes: 0, lines: 0, place: this.#place }
    this.#held.chunks.push(...chunks)
    this.#held.bytes += bytes
    this.#held.lines += 1
    for (const time of times) this.#held.place = advance(this.#held.place, stream, time)
  }

  #flush(): void {
    if (!this.#held) return
    const { stream, chunks, place } = this.#held
    this.#held = null
    const untold = [...this.#open.stdout.times.slice(0, 1), ...this.#open.stderr.times.slice(0, 1)].sort()[0] ?? null
    this.#place = { ...place, since: sinceOf(place, untold) }
    this.#sink.output(stream, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), formatCursor(this.#place))
  }
}

function noOpenLines(): Record<OutputStream, Open> {
  return { stdout: { chunks: [], bytes: 0, times: [] }, stderr: { chunks: [], bytes: 0, times: [] } }
}

/** The last entries of a container's log; none when the container is gone. */
export async function readTail(api: EngineApi, { Id, Config }: Container, signal: AbortSignal): Promise<LogEntry[]> {
  const tail: LogEntry[] = []
  try {
    const query = { stdout: '1', stderr: '1', timestamps: '1', tail: String(TAIL_ENTRIES) }
    for await (const entries of readEntries(await api.logs(Id, query, signal), Config.Tty)) tail.push(...entries)
  } catch (error) {
    if (!isAnswer(error, 404) && !isAnswer(error, 409)) throw error
  }
  return tail
}

/** The last lines of a log's last entries: of the errors when there are any, else of the output. */
export function toLastLines(tail: LogEntry[]): string[] {
  const errors = tail.filter(({ stream }) => stream === 'stderr')
  const bytes = Buffer.concat((errors.length > 0 ? errors : tail).map((entry) => entry.bytes))
  const lines = bytes.toString('utf8').split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines.slice(-LAST_LINES)
}
