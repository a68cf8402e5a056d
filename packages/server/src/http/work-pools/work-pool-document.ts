import { storageConfiguration, type WorkPool, workPool } from '@aedile/core/resources/work-pool'
import { formatTimestamp } from '@aedile/core/time'
import type { WorkPoolTable } from '../../store/tables.ts'

/** A work pool as answers carry it. */
export function toWorkPool(row: WorkPoolTable, activeSlots: number | null): WorkPool {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    description: row.description,
    type: row.type,
    base_job_template: JSON.parse(row.base_job_template),
    is_paused: row.is_paused === 1,
    concurrency_limit: row.concurrency_limit,
    status: workPool.shape.status.parse(row.status),
    default_queue_id: row.default_queue_id,
    storage_configuration: storageConfiguration.parse(JSON.parse(row.storage_configuration)),
    active_slots: row.concurrency_limit === null ? null : activeSlots,
  }
}
