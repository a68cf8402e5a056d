import type { LifecycleEvent } from '../../resource-events/lifecycle-event.ts'
import type { FlowTable } from '../../store/tables.ts'
import { toFlow } from './flow-document.ts'

/** What happened to a flow, as an event. Source: WC 6.9. */
export function toFlowEvent(action: 'created' | 'updated' | 'deleted', row: FlowTable): LifecycleEvent {
  const { name, tags, labels } = toFlow(row)
  return {
    event: `prefect.flow.${action}`,
    resource: { 'prefect.resource.id': `prefect.flow.${row.id}`, 'prefect.resource.name': row.name },
    payload: { name, tags, labels },
  }
}
