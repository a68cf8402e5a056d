import type { WorkPoolFilter } from '@aedile/core/filters/work-pool'
import { type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'

/** The condition of a filter for work pools, on the table `work_pool`. */
export function workPoolCondition(filter: WorkPoolFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('work_pool.id', filter.id, kind),
    matchColumn('work_pool.name', filter.name, kind),
    matchColumn('work_pool.type', filter.type, kind),
  ])
}
