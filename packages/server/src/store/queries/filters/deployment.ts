import type { DeploymentFilter } from '@aedile/core/filters/deployment'
import { type SqlBool, sql } from 'kysely'
import { ALWAYS, type Condition, combine, type DatabaseKind, isLike, matchColumn } from './condition.ts'
import { matchList } from './json-column.ts'

/** The condition of a filter for deployments, on the table `deployment`. */
export function deploymentCondition(filter: DeploymentFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('deployment.id', filter.id, kind),
    matchColumn('deployment.name', filter.name, kind),
    matchEitherName(filter.flow_or_deployment_name, kind),
    matchColumn('deployment.paused', filter.paused, kind),
    matchList('deployment.tags', filter.tags, kind),
    matchColumn('deployment.work_queue_name', filter.work_queue_name, kind),
  ])
}

function matchEitherName(criteria: DeploymentFilter['flow_or_deployment_name'], kind: DatabaseKind): Condition | undefined {
  if (!criteria) return undefined
  if (!criteria.like_) return ALWAYS
  const pattern = `%${criteria.like_}%`
  return sql<SqlBool>`(${isLike('deployment.name', pattern, kind)} or exists (
    select 1 from flow as own_flow where own_flow.id = deployment.flow_id and ${isLike('own_flow.name', pattern, kind)}))`
}
