/**
 * Time inside Aedile is an integer: microseconds since 1970-01-01T00:00:00Z. The order of states depends on
 * microseconds, which a JavaScript Date would drop. This file is the one codec between them and text.
 */
export type Microseconds = number

export const MICROSECONDS_PER_SECOND = 1_000_000

/** Now by the wall clock, in microseconds. Strictly increasing within one process. */
export function nowMicroseconds(): Microseconds {
  const wall = Math.floor((performance.timeOrigin + performance.now()) * 1000)
  last = wall > last ? wall : last + 1
  return last
}
let last = 0

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?(?::?\d{2})?)?)?$/

/**
 * Reads a point in time as the API sends it: ISO 8601 with `T` or a blank, `Z` or an offset (none means UTC),
 * or a number of seconds (milliseconds above 2e10) since 1970. Returns null for anything else.
 */
export function parseTimestamp(value: unknown): Microseconds | null {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return Math.round(Math.abs(value) > 2e10 ? value * 1000 : value * MICROSECONDS_PER_SECOND)
  }
  if (typeof value !== 'string') return null
  return parsePlain(value) ?? parseIso(value)
}

/** `2025-01-01T00:00:00.123456Z`, as clients write nearly every time, read without a pattern. Null for any other form. */
function parsePlain(text: string): Microseconds | null {
  const { length } = text
  if (length !== 27 || text[26] !== 'Z' || text[19] !== '.' || text[10] !== 'T') return null
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return null
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  const hour = digits(text, 11, 13)
  // Anything that needs a closer look (the end of a month, a digit that is none) is not plain: no comparison holds for NaN.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23)) return null
  const minute = digits(text, 14, 16)
  const second = digits(text, 17, 19)
  if (!(minute <= 59 && second <= 59)) return null
  const time = Date.UTC(digits(text, 0, 4), month - 1, day, hour, minute, second) * 1000 + digits(text, 20, 26)
  return Number.isNaN(time) || time < 0 ? null : time
}

function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function parseIso(value: string): Microseconds | null {
  const match = ISO.exec(value.trim())
  if (!match) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  const milliseconds = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const date = new Date(milliseconds)
  if (Number.isNaN(milliseconds) || date.getUTCDate() !== Number(day) || Number(hour) > 23 || Number(minute) > 59) return null
  if (Number(month) > 12) return null
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6))
  return milliseconds * 1000 + micros - offsetSeconds(zone) * MICROSECONDS_PER_SECOND
}

function offsetSeconds(zone: string | undefined): number {
  if (!zone || zone === 'Z' || zone === 'z') return 0
  const digits = zone.replace(/[^\d]/g, '').padEnd(6, '0')
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6))
  return zone.startsWith('-') ? -seconds : seconds
}

/** Text as responses carry it: `2025-01-01T00:00:00Z`, with six digits of fraction when there is one. */
export function formatTimestamp(time: Microseconds): string {
  return `${dateAndTime(time, 'T')}Z`
}

/** Text as Python's `datetime.isoformat()` writes an aware UTC time; used in event labels. */
export function formatPythonIso(time: Microseconds): string {
  return `${dateAndTime(time, 'T')}+00:00`
}

/** Text as Python's `str(datetime)` writes an aware UTC time; used in poll requests and idempotency keys. */
export function formatPythonStr(time: Microseconds): string {
  return `${dateAndTime(time, ' ')}+00:00`
}

/** The texts of seconds that were written last, by their last bits: most texts are of the same few. */
const written = Array.from({ length: 32 }, () => ({ second: Number.NaN, text: '' }))

function dateAndTime(time: Microseconds, separator: string): string {
  const second = Math.floor(time / MICROSECONDS_PER_SECOND)
  const slot = second & 31
  if (written[slot]!.second !== second) written[slot] = { second, text: new Date(second * 1000).toISOString() }
  const { text } = written[slot]!
  const micros = time - second * MICROSECONDS_PER_SECOND
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`
  return `${text.slice(0, 10)}${separator}${text.slice(11, 19)}${fraction}`
}
