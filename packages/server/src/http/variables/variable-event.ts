import type { LifecycleEvent } from '../../resource-events/lifecycle-event.ts'
import type { VariableTable } from '../../store/tables.ts'
import { toVariable } from './variable-document.ts'

/** What happened to a variable, as an event. Source: WC 6.9. */
export function toVariableEvent(action: 'created' | 'updated' | 'deleted', row: VariableTable): LifecycleEvent {
  const { name, value, tags } = toVariable(row)
  return {
    event: `prefect.variable.${action}`,
    resource: { 'prefect.resource.id': `prefect.variable.${row.id}`, 'prefect.resource.name': row.name },
    payload: { name, value, tags },
  }
}
