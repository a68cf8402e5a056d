import type { Flow } from '@aedile/core/resources/flow'
import { formatTimestamp } from '@aedile/core/time'
import type { FlowTable } from '../../store/tables.ts'

/** A flow as answers carry it. */
export function toFlow(row: FlowTable): Flow {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    tags: JSON.parse(row.tags),
    labels: JSON.parse(row.labels),
  }
}
