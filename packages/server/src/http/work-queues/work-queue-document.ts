import { type WorkQueue, workQueueStatus } from '@aedile/core/resources/work-pool'
import { formatTimestamp } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { Database, WorkQueueTable } from '../../store/tables.ts'

/** A work queue as answers carry it. Its active slots are shown where it has a limit. */
export function toWorkQueue(row: WorkQueueTable, poolName: string | null, activeSlots = 0): WorkQueue {
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
    active_slots: row.concurrency_limit === null ? null : activeSlots,
  }
}

/** Queues with the slots that are taken of those that have a limit. */
export async function loadWorkQueues(
  db: Kysely<Database>,
  queues: readonly { row: WorkQueueTable; poolName: string | null }[],
): Promise<WorkQueue[]> {
  const limited = queues.flatMap(({ row }) => (row.concurrency_limit === null ? [] : [row.id]))
  const counts = limited.length === 0 ? [] : await countActiveRuns(db, limited)
  const active = new Map(counts.map(({ id, count }) => [id, Number(count)]))
  return queues.map(({ row, poolName }) => toWorkQueue(row, poolName, active.get(row.id)))
}

function countActiveRuns(db: Kysely<Database>, queueIds: readonly string[]) {
  return db
    .selectFrom('flow_run')
    .select(({ fn }) => ['work_queue_id as id', fn.countAll<number | string>().as('count')])
    .where('work_queue_id', 'in', [...queueIds])
    .where('state_type', 'in', ['PENDING', 'RUNNING'])
    .groupBy('work_queue_id')
    .execute()
}
