import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogCursor, OutputStream, Sink } from '@aedile/worker/infrastructure-driver'
import { freeFileStart } from './api.ts'
import { findPieceEnd, PIECE_BYTES } from './output-pieces.ts'

const LAST_LINES = 20
const LAST_BYTES = 16 * 1024

type Offsets = Record<OutputStream, number>

/**
 * Follows an attempt's two output files. The cursor is the offset in each. What was told and lies more than
 * `keepBytes` back is given back to the disk, while offsets stay: so a cursor within the last `keepBytes` repeats and
 * loses nothing, and endless output fills no disk.
 */
export class OutputFollower {
  readonly #directory: string
  readonly #keepBytes: number
  readonly #sink: Sink
  readonly #files: Partial<Record<OutputStream, FileHandle>> = {}
  readonly #offsets: Offsets
  readonly #freed: Offsets = { stdout: 0, stderr: 0 }
  #canFree = true

  constructor(directory: string, options: { keepBytes: number; sink: Sink; after?: LogCursor | undefined }) {
    this.#directory = directory
    this.#keepBytes = options.keepBytes
    this.#sink = options.sink
    this.#offsets = parseCursor(options.after)
  }

  /** Goes on behind what was given back, and says so. */
  async begin(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const freed = Number(await readFile(this.#freedPath(stream), 'utf8').catch(() => '0'))
      this.#freed[stream] = freed
      if (this.#offsets[stream] >= freed) continue
      const lost = freed - this.#offsets[stream]
      this.#sink.status('output-lost', `${lost} bytes of ${stream} are no longer kept.`)
      this.#offsets[stream] = freed
    }
  }

  /** Tells what both files hold by now: whole lines, and at the end also a last line that has none. */
  async drain(signal: AbortSignal, isOver: boolean): Promise<void> {
    await this.#drain('stdout', signal, isOver)
    await this.#drain('stderr', signal, isOver)
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#files).map((file) => file?.close()))
  }

  async #drain(stream: OutputStream, signal: AbortSignal, isOver: boolean): Promise<void> {
    const file = await this.#open(stream)
    if (!file) return
    // Up to the present end only, so that a thing that writes faster than we read is still looked at.
    const { size } = await file.stat()
    while (this.#offsets[stream] < size) {
      signal.throwIfAborted()
      const length = Math.min(PIECE_BYTES, size - this.#offsets[stream])
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, this.#offsets[stream])
      const end = findPieceEnd(buffer.subarray(0, bytesRead), isOver)
      if (end === 0) return
      this.#offsets[stream] += end
      this.#sink.output(stream, buffer.subarray(0, end), formatCursor(this.#offsets))
      await this.#free(stream)
    }
  }

  async #open(stream: OutputStream): Promise<FileHandle | null> {
    this.#files[stream] ??= await open(join(this.#directory, stream), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    return this.#files[stream] ?? null
  }

  async #free(stream: OutputStream): Promise<void> {
    const end = this.#offsets[stream] - this.#keepBytes
    if (!this.#canFree || end - this.#freed[stream] < this.#keepBytes) return
    // Written first: a hole reads as zeros, which nobody may take for output.
    await writeFile(this.#freedPath(stream), String(end))
    this.#canFree = await freeFileStart(join(this.#directory, stream), end)
    this.#freed[stream] = end
  }

  #freedPath(stream: OutputStream): string {
    return join(this.#directory, `${stream}.freed`)
  }
}

/** The last lines that an attempt wrote: of its errors when it wrote any, else of its output. */
export async function readLastLines(directory: string): Promise<string[]> {
  const errors = await readTail(join(directory, 'stderr'))
  return errors.length > 0 ? errors : readTail(join(directory, 'stdout'))
}

async function readTail(path: string): Promise<string[]> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return []
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - LAST_BYTES)
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LAST_BYTES), 0, LAST_BYTES, start)
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split(/\r?\n/)
    if (start > 0) lines.shift()
    if (lines.at(-1) === '') lines.pop()
    return lines.slice(-LAST_LINES)
  } finally {
    await file.close()
  }
}

function formatCursor(offsets: Offsets): LogCursor {
  return `${offsets.stdout}.${offsets.stderr}`
}

function parseCursor(cursor: LogCursor | undefined): Offsets {
  const match = /^(\d+)\.(\d+)$/.exec(cursor ?? '0.0')
  if (!match) throw new RangeError(`${JSON.stringify(cursor)} is no cursor of a process's output`)
  return { stdout: Number(match[1]), stderr: Number(match[2]) }
}
