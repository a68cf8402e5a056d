import type { FlowFilter } from '@aedile/core/filters/flow'
import { type SqlBool, sql } from 'kysely'
import { ALWAYS, type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'
import { matchList } from './json-column.ts'

/** The condition of a filter for flows, on the table `flow`. */
export function flowCondition(filter: FlowFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('flow.id', filter.id, kind),
    matchDeployments(filter.deployment),
    matchColumn('flow.name', filter.name, kind),
    matchList('flow.tags', filter.tags, kind),
  ])
}

function matchDeployments(criteria: FlowFilter['deployment']): Condition | undefined {
  if (!criteria) return undefined
  if (criteria.is_null_ == null) return ALWAYS
  const exists = sql<SqlBool>`exists (select 1 from deployment where deployment.flow_id = flow.id)`
  return criteria.is_null_ ? sql<SqlBool>`not ${exists}` : exists
}
