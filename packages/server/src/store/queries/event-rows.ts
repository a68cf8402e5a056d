import type { ReceivedEvent } from '@aedile/core/resources/event'
import { formatTimestamp } from '@aedile/core/time'
import type { Selectable } from 'kysely'
import type { EventResourceTable, EventTable } from '../tables.ts'
import { toMicroseconds } from './filters/condition.ts'

/** The row of an event. */
export function toEventRow(event: ReceivedEvent): EventTable {
  return {
    id: event.id,
    occurred: toMicroseconds(event.occurred),
    event: event.event,
    resource_id: event.resource['prefect.resource.id'] ?? '',
    resource: JSON.stringify(event.resource),
    related: JSON.stringify(event.related),
    payload: JSON.stringify(event.payload),
    received: toMicroseconds(event.received),
    follows: event.follows ?? null,
  }
}

/** One row for the resource that the event is about, with an empty role, and one for each related resource. */
export function toEventResourceRows(event: ReceivedEvent): EventResourceTable[] {
  const occurred = toMicroseconds(event.occurred)
  return [{ ...event.resource, 'prefect.resource.role': '' }, ...event.related].map((resource) => {
    const { 'prefect.resource.id': resource_id = '', 'prefect.resource.role': resource_role = '', ...labels } = resource
    return { event_id: event.id, occurred, resource_id, resource_role, resource: JSON.stringify(labels) }
  })
}

/** The event of a row, its fields in the order of genuine servers. */
export function toEvent(row: Selectable<EventTable>): ReceivedEvent {
  return {
    occurred: formatTimestamp(row.occurred),
    event: row.event,
    resource: JSON.parse(row.resource),
    related: JSON.parse(row.related),
    payload: JSON.parse(row.payload),
    id: row.id,
    follows: row.follows,
    received: formatTimestamp(row.received),
  }
}
