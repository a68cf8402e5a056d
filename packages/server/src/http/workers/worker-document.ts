import type { Worker } from '@aedile/core/resources/work-pool'
import { formatTimestamp } from '@aedile/core/time'
import { isOnline } from '../../resource-events/readiness.ts'
import type { WorkerTable } from '../../store/tables.ts'

/** A worker as answers carry it. Its status is computed, because nothing tells the moment at which it goes silent. */
export function toWorker(row: WorkerTable): Worker {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    work_pool_id: row.work_pool_id,
    last_heartbeat_time: row.last_heartbeat_time === null ? null : formatTimestamp(row.last_heartbeat_time),
    heartbeat_interval_seconds: row.heartbeat_interval_seconds,
    status: isOnline(row) ? 'ONLINE' : 'OFFLINE',
  }
}
