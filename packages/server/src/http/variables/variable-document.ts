import type { JsonValue } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import type { Variable } from '@aedile/core/resources/variable'
import { formatTimestamp } from '@aedile/core/time'
import type { VariableTable } from '../../store/tables.ts'

/** A variable as answers carry it. */
export function toVariable(row: VariableTable): Variable {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    value: parseJsonKeepingNumbers(row.value) as JsonValue,
    tags: JSON.parse(row.tags),
  }
}
