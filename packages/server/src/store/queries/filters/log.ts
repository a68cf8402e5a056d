import type { LogFilter } from '@aedile/core/filters/log'
import { type SqlBool, sql } from 'kysely'
import { COARSE_LOG_TIME, hasCoarseLogTimes, toCoarseLogTime } from '../../coarse-log-times.ts'
import { type Condition, combine, type DatabaseKind, matchColumn, toMicroseconds } from './condition.ts'
import { matchText } from './text-search.ts'

/** The time of a line as SQLite's indexes hold it. */
export const coarseLogTime = sql<number>`${sql.raw(`log.${COARSE_LOG_TIME}`)}`

/** The condition of a filter for log lines, on the table `log`. */
export function logCondition(filter: LogFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('log.level', filter.level, kind),
    matchTimestamp(filter.timestamp, kind),
    matchColumn('log.flow_run_id', filter.flow_run_id, kind),
    matchColumn('log.task_run_id', filter.task_run_id, kind),
    matchText(sql`(log.message || ' ' || log.name)`, filter.text?.query.trim() ? filter.text : undefined),
  ])
}

function matchTimestamp(criteria: LogFilter['timestamp'], kind: DatabaseKind): Condition | undefined {
  const exact = matchColumn('log.timestamp', criteria, kind)
  if (!exact || !criteria || !hasCoarseLogTimes(kind)) return exact
  const { before_, after_ } = criteria
  return combine('and_', [
    before_ == null ? undefined : sql<SqlBool>`${coarseLogTime} <= ${toCoarseLogTime(toMicroseconds(before_))}`,
    after_ == null ? undefined : sql<SqlBool>`${coarseLogTime} >= ${toCoarseLogTime(toMicroseconds(after_))}`,
    exact,
  ])
}
