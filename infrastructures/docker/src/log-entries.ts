import type { Readable } from 'node:stream'
import type { OutputStream } from '@aedile/worker/infrastructure-driver'

/** One entry of a container's log: a line, a part of a long one (16 KiB), or a last one without an end. */
export type LogEntry = { stream: OutputStream; time: string; bytes: Buffer }

const HEADER_BYTES = 8
const SPACE = 0x20
const NEWLINE = 0x0a

/** Splits what the Engine sends with `timestamps=1` into entries, as many at once as came. A terminal has no frames. */
export async function* readEntries(stream: Readable, tty: boolean): AsyncGenerator<LogEntry[]> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer)
    const entries: LogEntry[] = []
    const used = tty ? takeLines(bytes, entries) : takeFrames(bytes, entries)
    rest = bytes.subarray(used)
    if (entries.length > 0) yield entries
  }
  if (tty && rest.length > 0) yield [toEntry('stdout', rest)]
}

function takeFrames(bytes: Buffer, entries: LogEntry[]): number {
  let at = 0
  while (bytes.length - at >= HEADER_BYTES) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4)
    if (bytes.length < end) break
    entries.push(toEntry(bytes[at] === 2 ? 'stderr' : 'stdout', bytes.subarray(at + HEADER_BYTES, end)))
    at = end
  }
  return at
}

function takeLines(bytes: Buffer, entries: LogEntry[]): number {
  let at = 0
  for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, at)) {
    entries.push(toEntry('stdout', bytes.subarray(at, newline + 1)))
    at = newline + 1
  }
  return at
}

function toEntry(stream: OutputStream, bytes: Buffer): LogEntry {
  const space = bytes.indexOf(SPACE)
  return { stream, time: bytes.toString('latin1', 0, space), bytes: bytes.subarray(space + 1) }
}
