import { type WorkQueue, workQueueStatus } from '@aedile/core/resources/work-pool'
import { formatTimestamp } from '@aedile/core/time'
import type { WorkQueueTable } from '../../store/tables.ts'

/** A work queue as answers carry it. */
export function toWorkQueue(row: WorkQueueTable, poolName: string | null): WorkQueue {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    description: row.description,
    is_paused: row.is_paused === 1,
    concurrency_limit: row.concurrency_limit,
    priority: row.priority,
    work_pool_id: row.work_pool_id,
    filter: row.filter === null ? null : JSON.parse(row.filter),
    last_polled: row.last_polled === null ? null : formatTimestamp(row.last_polled),
    work_pool_name: poolName,
    status: workQueueStatus.parse(row.status),
  }
}
