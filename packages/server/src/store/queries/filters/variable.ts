import type { VariableFilter } from '@aedile/core/filters/variable'
import { type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'
import { matchList } from './json-column.ts'

/** The condition of a filter for variables, on the table `variable`. */
export function variableCondition(filter: VariableFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('variable.id', filter.id, kind),
    matchColumn('variable.name', filter.name, kind),
    matchList('variable.tags', filter.tags, kind),
  ])
}
