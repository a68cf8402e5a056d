import type { TaskRunFilter } from '@aedile/core/filters/task-run'
import { type SqlBool, sql } from 'kysely'
import { ALWAYS, type Condition, combine, type DatabaseKind, isNull, isOneOf, matchColumn } from './condition.ts'
import { matchState } from './flow-run.ts'
import { matchList } from './json-column.ts'

/** The condition of a filter for task runs, on the table `task_run`. */
export function taskRunCondition(filter: TaskRunFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('task_run.id', filter.id, kind),
    matchColumn('task_run.name', filter.name, kind),
    matchList('task_run.tags', filter.tags, kind),
    matchState('task_run', filter.state, kind),
    matchColumn('task_run.start_time', filter.start_time, kind),
    matchColumn('task_run.end_time', filter.end_time, kind),
    matchColumn('task_run.expected_start_time', filter.expected_start_time, kind),
    matchSubflowRuns(filter.subflow_runs),
    matchFlowRun(filter.flow_run_id, kind),
  ])
}

function matchSubflowRuns(criteria: TaskRunFilter['subflow_runs']): Condition | undefined {
  if (!criteria) return undefined
  if (criteria.exists_ == null) return ALWAYS
  const exists = sql<SqlBool>`exists (select 1 from flow_run as subflow where subflow.parent_task_run_id = task_run.id)`
  return criteria.exists_ ? exists : sql<SqlBool>`not ${exists}`
}

/** `is_null_` true wins over `any_`; false without `any_` asks for any flow run. */
function matchFlowRun(criteria: TaskRunFilter['flow_run_id'], kind: DatabaseKind): Condition | undefined {
  if (!criteria) return undefined
  if (criteria.is_null_ === true) return isNull('task_run.flow_run_id', true)
  if (criteria.any_) return isOneOf('task_run.flow_run_id', criteria.any_, kind)
  return criteria.is_null_ === false ? isNull('task_run.flow_run_id', false) : ALWAYS
}
