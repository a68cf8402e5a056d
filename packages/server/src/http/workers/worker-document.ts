import type { Worker } from '@aedile/core/resources/work-pool'
import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { WorkerTable } from '../../store/tables.ts'

/** A worker is online until it has missed so many heartbeats. */
export const ONLINE_INTERVALS = 3
/** The interval of a worker that names none. */
export const DEFAULT_HEARTBEAT_SECONDS = 30

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

/** True while a worker was heard of lately. */
export function isOnline(row: Pick<WorkerTable, 'last_heartbeat_time' | 'heartbeat_interval_seconds'>): boolean {
  if (row.last_heartbeat_time === null) return false
  const seconds = ONLINE_INTERVALS * (row.heartbeat_interval_seconds ?? DEFAULT_HEARTBEAT_SECONDS)
  return row.last_heartbeat_time > nowMicroseconds() - seconds * MICROSECONDS_PER_SECOND
}
