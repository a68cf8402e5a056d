import type { FlowRunFilter } from '@aedile/core/filters/flow-run'
import { type SqlBool, sql } from 'kysely'
import {
  ALWAYS,
  type Column,
  type Condition,
  type Criteria,
  combine,
  type DatabaseKind,
  isNull,
  isOneOf,
  matchColumn,
} from './condition.ts'
import { matchList, textUnderKey } from './json-column.ts'

/** The start of a run as lists show it: the real one, else the expected one. */
export const shownStartTime = sql<number | null>`coalesce(flow_run.start_time, flow_run.expected_start_time)`

/** The condition of a filter for flow runs, on the table `flow_run`. */
export function flowRunCondition(filter: FlowRunFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('flow_run.id', filter.id, kind),
    matchColumn('flow_run.name', filter.name, kind),
    matchList('flow_run.tags', filter.tags, kind),
    matchColumn('flow_run.deployment_id', filter.deployment_id, kind),
    matchColumn('flow_run.work_queue_name', filter.work_queue_name, kind),
    matchColumn('flow_run.flow_version', filter.flow_version, kind),
    matchState('flow_run', filter.state, kind),
    matchStartTime(filter.start_time, kind),
    matchColumn('flow_run.end_time', filter.end_time, kind),
    matchColumn('flow_run.expected_start_time', filter.expected_start_time, kind),
    matchColumn('flow_run.next_scheduled_start_time', filter.next_scheduled_start_time, kind),
    matchParentFlowRun(filter.parent_flow_run_id, kind),
    matchColumn('flow_run.parent_task_run_id', filter.parent_task_run_id, kind),
    matchColumn('flow_run.idempotency_key', filter.idempotency_key, kind),
    matchCreator(filter.created_by, kind),
  ])
}

type StateCriteria = { operator: 'and_' | 'or_'; type?: Criteria | null; name?: Criteria | null }

/** A criterion counts only when it is exactly one of `any_` and `not_any_`: a quirk of genuine servers, WC 6.5. */
export function matchState(
  table: 'flow_run' | 'task_run',
  criteria: StateCriteria | null | undefined,
  kind: DatabaseKind,
  columnOf: (name: string) => Column = (name) => name,
): Condition | undefined {
  if (!criteria) return undefined
  const single = (column: string, part: Criteria | null | undefined) =>
    part && Boolean(part.any_) !== Boolean(part.not_any_?.length) ? matchColumn(columnOf(column), part, kind) : undefined
  return combine(criteria.operator, [single(`${table}.state_type`, criteria.type), single(`${table}.state_name`, criteria.name)])
}

function matchStartTime(criteria: FlowRunFilter['start_time'], kind: DatabaseKind): Condition | undefined {
  if (!criteria) return undefined
  const { is_null_, ...window } = criteria
  return combine('and_', [
    matchColumn(shownStartTime, window, kind),
    is_null_ == null ? undefined : isNull('flow_run.start_time', is_null_),
  ])
}

function matchParentFlowRun(criteria: FlowRunFilter['parent_flow_run_id'], kind: DatabaseKind): Condition | undefined {
  if (!criteria) return undefined
  if (!criteria.any_) return ALWAYS
  return sql<SqlBool>`flow_run.parent_task_run_id in (
    select parent.id from task_run as parent where ${isOneOf('parent.flow_run_id', criteria.any_, kind)})`
}

function matchCreator(criteria: FlowRunFilter['created_by'], kind: DatabaseKind): Condition | undefined {
  if (!criteria) return undefined
  return combine(criteria.operator, [
    criteria.id_ ? isOneOf(textUnderKey('flow_run.created_by', 'id', kind), criteria.id_, kind) : undefined,
    criteria.type_ ? isOneOf(textUnderKey('flow_run.created_by', 'type', kind), criteria.type_, kind) : undefined,
    criteria.is_null_ == null ? undefined : isNull('flow_run.created_by', criteria.is_null_),
  ])
}
