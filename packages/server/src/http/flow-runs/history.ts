import { timestamp } from '@aedile/core/resources/scalars'
import { formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Store } from '../../store/store.ts'
import { HttpError } from '../route.ts'

/** The most bars that one answer carries. */
const MOST_BARS = 500

/** One bar of a history: the runs that were expected to start in it, by state. Source: WC 6.3. */
export const historyBar = z.object({
  interval_start: timestamp,
  interval_end: timestamp,
  states: z.array(
    z.object({
      state_type: z.string().nullable(),
      state_name: z.string().nullable(),
      count_runs: z.int(),
      sum_estimated_run_time: z.number(),
      sum_estimated_lateness: z.number(),
    }),
  ),
})
type HistoryBar = z.output<typeof historyBar>
type Counted = HistoryBar['states'][number] & { bucket: number }

/** The fields of a history's body. */
export const historyFields = { history_start: timestamp, history_end: timestamp, history_interval_seconds: z.number() }
const historyBody = z.object(historyFields)

type Interval = { start: Microseconds; end: Microseconds; seconds: number }

/** The interval that a body asks for. @throws HttpError 422 when its bars are shorter than a second. */
export function readInterval(body: z.output<typeof historyBody>): Interval {
  if (body.history_interval_seconds < 1) throw new HttpError(422, 'History interval must not be less than 1 second.')
  const [start, end] = [parseTimestamp(body.history_start)!, parseTimestamp(body.history_end)!]
  return { start, end, seconds: body.history_interval_seconds }
}

/** Counts runs by the time they were expected to start. The table's filters are applied by the caller. */
export async function readRunHistory(
  store: Store,
  table: 'flow_run' | 'task_run',
  interval: Interval,
  filter: (query: ReturnType<typeof countByBar>) => ReturnType<typeof countByBar>,
): Promise<HistoryBar[]> {
  const { start, seconds } = interval
  const width = Math.round(seconds * MICROSECONDS_PER_SECOND)
  const bars = Math.min(MOST_BARS, Math.max(0, Math.ceil((interval.end - start) / width)))
  if (bars === 0) return []
  const rows = await store.search<Counted>(filter(countByBar(store, table, start, width, bars)).compile())
  return Array.from({ length: bars }, (_, index) => ({
    interval_start: formatTimestamp(start + index * width),
    interval_end: formatTimestamp(start + (index + 1) * width),
    states: rows.filter((row) => Number(row.bucket) === index).map(toStates),
  }))
}

function countByBar(store: Store, table: 'flow_run' | 'task_run', start: Microseconds, width: number, bars: number) {
  const now = nowMicroseconds()
  const column = (name: string) => sql.ref(`${table}.${name}`)
  const expected = column('expected_start_time')
  const started = column('start_time')
  const present = sql`case when ${column('state_type')} = 'RUNNING' then ${now} - ${column('state_timestamp')} else 0 end`
  const lateness = sql`case when ${started} > ${expected} then ${started} - ${expected}
    when ${started} is null and ${column('state_type')} not in ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')
      and ${expected} < ${now} then ${now} - ${expected} else 0 end`
  // Written into the statement: as a parameter the expression of GROUP BY would be another one on Postgres.
  const bucket = sql<number>`floor((${expected} - ${sql.lit(start)}) / ${sql.lit(width)}.0)`
  return store.db
    .selectFrom(table)
    .select([
      bucket.as('bucket'),
      sql<string>`${column('state_type')}`.as('state_type'),
      sql<string>`${column('state_name')}`.as('state_name'),
      sql<number>`count(*)`.as('count_runs'),
      sql<number>`sum(${column('total_run_time')} + ${present}) / 1000000.0`.as('sum_estimated_run_time'),
      sql<number>`sum(${lateness}) / 1000000.0`.as('sum_estimated_lateness'),
    ])
    .where(sql<boolean>`${expected} >= ${start}`)
    .where(sql<boolean>`${expected} < ${start + bars * width}`)
    .groupBy([bucket, sql`${column('state_type')}`, sql`${column('state_name')}`])
    .orderBy(sql`${column('state_type')}`)
    .orderBy(sql`${column('state_name')}`)
}

function toStates({ bucket: _, ...row }: Counted): HistoryBar['states'][number] {
  return {
    ...row,
    count_runs: Number(row.count_runs),
    sum_estimated_run_time: Number(row.sum_estimated_run_time),
    sum_estimated_lateness: Number(row.sum_estimated_lateness),
  }
}
