import type { EventFilter } from '@aedile/core/filters/event'
import { formatPythonIso, formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { type RawBuilder, sql } from 'kysely'
import { toMicroseconds } from '../../store/queries/filters/condition.ts'
import { eventCondition } from '../../store/queries/filters/event.ts'
import { textUnderKey } from '../../store/queries/filters/json-column.ts'
import type { Store } from '../../store/store.ts'
import { HttpError } from '../route.ts'

export const TIME_UNITS = ['week', 'day', 'hour', 'minute', 'second'] as const
type TimeUnit = (typeof TIME_UNITS)[number]
export type EventCount = { value: string; label: string; count: number; start_time: string; end_time: string }

const DAY = 86_400 * MICROSECONDS_PER_SECOND
const UNITS: Record<TimeUnit, Microseconds> = {
  week: 7 * DAY,
  day: DAY,
  hour: DAY / 24,
  minute: 60 * MICROSECONDS_PER_SECOND,
  second: MICROSECONDS_PER_SECOND,
}
/** Buckets are counted from this Monday, 2024-04-01, as on genuine servers. */
const PIVOT: Microseconds = Date.UTC(2024, 3, 1) * 1000
const MOST_BUCKETS = 1000

/** Counts events by buckets of time: every bucket of the filter's window, also the empty ones. Source: WC 1.18. */
export async function countEventsByTime(
  store: Store,
  filter: EventFilter,
  unit: TimeUnit,
  interval: number,
): Promise<EventCount[]> {
  const width = Math.round(UNITS[unit] * interval)
  const since = toMicroseconds(filter.occurred.since)
  const until = toMicroseconds(filter.occurred.until)
  checkBuckets(Math.ceil((until - since) / width))

  const bucket = bucketOf(sql`event.occurred`, width)
  const query = store.db
    .selectFrom('event')
    .select([bucket.as('bucket'), sql<number>`count(*)`.as('count')])
    .where(eventCondition(filter, store.kind))
    .groupBy('bucket')
  const counts = new Map((await store.search(query.compile())).map((row) => [Number(row.bucket), Number(row.count)]))

  const first = Math.floor((since - PIVOT) / width)
  const now = nowMicroseconds()
  const end = until > now ? endOfUnit(now, unit) : until
  const buckets: EventCount[] = []
  for (let index = first; PIVOT + index * width < end; index++) {
    const start = PIVOT + index * width
    buckets.push({
      value: String(index - first),
      label: formatPythonIso(start),
      count: counts.get(index) ?? 0,
      start_time: formatTimestamp(start),
      end_time: formatTimestamp(start + width - 1),
    })
  }
  return buckets
}

/** Counts events by their name or by the resource that they are about, the most frequent first. */
export async function countEventsByValue(store: Store, filter: EventFilter, by: 'event' | 'resource'): Promise<EventCount[]> {
  const name = (key: string) => textUnderKey('event.resource', key, store.kind)
  const value = by === 'event' ? sql<string>`event.event` : sql<string>`event.resource_id`
  const label =
    by === 'event' ? value : sql<string>`coalesce(${name('prefect.resource.name')}, ${name('prefect.name')}, event.resource_id)`
  const counted = store.db
    .selectFrom('event')
    .select([
      value.as('value'),
      label.as('label'),
      sql<number>`count(*)`.as('count'),
      sql<number>`min(event.occurred)`.as('oldest'),
      sql<number>`max(event.occurred)`.as('latest'),
    ])
    .where(eventCondition(filter, store.kind))
    .groupBy(['value', 'label'])
  const rows = await store.search(counted.compile())
  return withLatestLabels(rows).sort((one, other) => other.count - one.count || (one.label < other.label ? -1 : 1))
}

type CountRow = { value: string; label: string; count: number; oldest: number; latest: number }

/** A resource may have had several names: its counts are summed under the latest. */
function withLatestLabels(rows: readonly CountRow[]): EventCount[] {
  const byValue = new Map<string, CountRow>()
  for (const row of rows) {
    const known = byValue.get(row.value)
    byValue.set(row.value, known ? mergeCounts(known, row) : { ...row, count: Number(row.count) })
  }
  return [...byValue.values()].map(({ value, label, count, oldest, latest }) => {
    return { value, label, count, start_time: formatTimestamp(Number(oldest)), end_time: formatTimestamp(Number(latest)) }
  })
}

function mergeCounts(one: CountRow, other: CountRow): CountRow {
  return {
    value: one.value,
    label: other.latest > one.latest ? other.label : one.label,
    count: one.count + Number(other.count),
    oldest: Math.min(one.oldest, other.oldest),
    latest: Math.max(one.latest, other.latest),
  }
}

function checkBuckets(buckets: number): void {
  if (buckets <= MOST_BUCKETS) return
  throw new HttpError(
    422,
    `The given interval would create ${buckets} buckets, which is too many. Please increase the interval or reduce the ` +
      `time range to produce ${MOST_BUCKETS} buckets or fewer.`,
  )
}

/** The number of the bucket that a time is in; whole numbers only, and downwards before the pivot too. */
function bucketOf(time: RawBuilder<unknown>, width: number): RawBuilder<number> {
  const size = sql.lit(width)
  const since = sql`(${time} - ${sql.lit(PIVOT)})`
  return sql<number>`((${since} - ((${since} % ${size}) + ${size}) % ${size}) / ${size})`
}

function endOfUnit(time: Microseconds, unit: TimeUnit): Microseconds {
  return PIVOT + (Math.floor((time - PIVOT) / UNITS[unit]) + 1) * UNITS[unit] - 1
}
