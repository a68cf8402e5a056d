import { editDistance } from '@aedile/core/nearest'
import { formatTimestamp, type Microseconds } from '@aedile/core/time'
import { Temporal } from 'temporal-polyfill'

/**
 * Wall time: what a clock on the wall of a zone shows, in microseconds as if the wall hung in UTC. Schedules that follow
 * the calendar are computed in it and converted last, so neither the process's zone nor a library's can get between.
 */
export type WallTime = number

const MICROSECONDS_PER_MILLISECOND = 1000

/** True for the name of a zone in the IANA database, in its exact spelling: clients read the name back and are as strict. */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name)) return false
  if (zoneNames().some((known) => known !== name && known.toLowerCase() === name.toLowerCase())) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The known zone whose name is nearest to what was given. */
export function nearestTimeZone(name: string): string {
  const wanted = name.toLowerCase()
  const city = lastPart(wanted)
  const distances = zoneNames().map((known) => {
    const candidate = known.toLowerCase()
    return { known, distance: Math.min(editDistance(wanted, candidate), 1 + editDistance(city, lastPart(candidate))) }
  })
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).known
}

/** The instant at which the wall of a zone shows this time: the first of two in autumn, pushed forward over the gap of spring. */
export function wallToInstant(wall: WallTime, zone: string): Microseconds {
  if (zone === 'UTC') return wall
  const { milliseconds, rest } = split(wall)
  const date = new Date(milliseconds)
  const plain = new Temporal.PlainDateTime(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  )
  return plain.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds * MICROSECONDS_PER_MILLISECOND + rest
}

/** What the wall of a zone shows at this instant. */
export function instantToWall(instant: Microseconds, zone: string): WallTime {
  return instant + offsetMicroseconds(instant, zone)
}

/** Text as Python's `str(datetime)` writes a time in a zone, as idempotency keys carry it: `2025-05-01 09:00:00-04:00`. */
export function formatInZone(instant: Microseconds, zone: string): string {
  const offset = offsetMicroseconds(instant, zone)
  const minutes = Math.abs(Math.round(offset / 60_000_000))
  const sign = offset < 0 ? '-' : '+'
  const wall = formatTimestamp(instant + offset)
    .replace('T', ' ')
    .slice(0, -1)
  return `${wall}${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

function offsetMicroseconds(instant: Microseconds, zone: string): number {
  if (zone === 'UTC') return 0
  const { milliseconds } = split(instant)
  return Temporal.Instant.fromEpochMilliseconds(milliseconds).toZonedDateTimeISO(zone).offsetNanoseconds / 1000
}

function split(time: number): { milliseconds: number; rest: number } {
  const milliseconds = Math.floor(time / MICROSECONDS_PER_MILLISECOND)
  return { milliseconds, rest: time - milliseconds * MICROSECONDS_PER_MILLISECOND }
}

function zoneNames(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')]
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
