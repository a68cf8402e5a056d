import type { LogCursor, OutputStream } from '@aedile/worker/infrastructure-driver'

/**
 * A place in a container's log: per stream, the time of the last entry that was told and how many entries of that time
 * were, because a long line comes in several of one time; and from which time on to read, so that both are found again.
 */
export type LogPlace = { since: string; stdout: StreamPlace; stderr: StreamPlace }
export type StreamPlace = { time: string; count: number }

const NOTHING: StreamPlace = { time: '', count: 0 }
export const LOG_START: LogPlace = { since: '', stdout: NOTHING, stderr: NOTHING }

/** Two streams are written side by side: an entry may stand behind one of the other stream that is this much younger. */
const SKEW_SECONDS = 60

export function formatCursor({ since, stdout, stderr }: LogPlace): LogCursor {
  return [since, `${stdout.time}+${stdout.count}`, `${stderr.time}+${stderr.count}`].join('/')
}

/** @throws RangeError for what no Docker log's cursor is. */
export function parseCursor(cursor: LogCursor | undefined): LogPlace {
  if (cursor === undefined) return LOG_START
  const match = /^([^/]*)\/([^/+]*)\+(\d+)\/([^/+]*)\+(\d+)$/.exec(cursor)
  if (!match) throw new RangeError(`${JSON.stringify(cursor)} is no cursor of a container's output`)
  const [, since = '', out = '', outCount, err = '', errCount] = match
  return { since, stdout: { time: out, count: Number(outCount) }, stderr: { time: err, count: Number(errCount) } }
}

/** The place behind one more entry of a stream. */
export function advance(place: LogPlace, stream: OutputStream, time: string): LogPlace {
  const before = place[stream]
  const next = { time, count: before.time === time ? before.count + 1 : 1 }
  return { ...place, [stream]: next }
}

/** `since` of a request that finds everything behind a place: text such as 1700000000.123456789. */
export function toSince(time: string): string {
  const match = /^(.*?)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(time)
  const seconds = match ? Math.floor(Date.parse(`${match[1]}${match[3]}`) / 1000) : Number.NaN
  if (!match || Number.isNaN(seconds)) return '0'
  return `${seconds}.${(match[2] ?? '').padEnd(9, '0')}`
}

/** The time from which both streams are found again: that of the earliest entry not told yet, and some time before the last. */
export function sinceOf(place: LogPlace, untold: string | null): string {
  const last = [place.stdout.time, place.stderr.time].sort()[1]!
  if (last === '') return ''
  const [seconds, nanos] = toSince(last).split('.')
  const skewed = `${Math.max(0, Number(seconds) - SKEW_SECONDS)}.${nanos ?? '0'}`
  const held = untold === null ? null : toSince(untold)
  return held !== null && Number(held) < Number(skewed) ? held : skewed
}

/** Decides which entries were told before a place: call it with the entries in their order. */
export class Skipper {
  readonly #left: Record<OutputStream, StreamPlace | null>
  readonly #seen: Record<OutputStream, number> = { stdout: 0, stderr: 0 }

  constructor({ stdout, stderr }: LogPlace) {
    this.#left = { stdout: stdout.time ? stdout : null, stderr: stderr.time ? stderr : null }
  }

  isTold(stream: OutputStream, time: string): boolean {
    const place = this.#left[stream]
    if (!place) return false
    if (time < place.time) return true
    if (time === place.time && ++this.#seen[stream] <= place.count) return true
    // Behind it: whatever a clock that was set back says from here on, it is new.
    this.#left[stream] = null
    return false
  }
}
