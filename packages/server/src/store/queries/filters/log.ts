import type { LogFilter } from '@aedile/core/filters/log'
import { sql } from 'kysely'
import { type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'
import { matchText } from './text-search.ts'

/** The condition of a filter for log lines, on the table `log`. */
export function logCondition(filter: LogFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('log.level', filter.level, kind),
    matchColumn('log.timestamp', filter.timestamp, kind),
    matchColumn('log.flow_run_id', filter.flow_run_id, kind),
    matchColumn('log.task_run_id', filter.task_run_id, kind),
    matchText(sql`(log.message || ' ' || log.name)`, filter.text?.query.trim() ? filter.text : undefined),
  ])
}
