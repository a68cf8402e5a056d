import { MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { WorkerTable } from '../store/tables.ts'

/** A queue, and what is in it, is ready while it was polled within so many seconds. */
export const POLLED_SECONDS = 60
/** A worker is online until it has missed so many heartbeats. */
export const ONLINE_INTERVALS = 3
/** The interval of a worker that names none. */
export const DEFAULT_HEARTBEAT_SECONDS = 30

/** True while a worker was heard of lately. */
export function isOnline(row: Pick<WorkerTable, 'last_heartbeat_time' | 'heartbeat_interval_seconds'>): boolean {
  if (row.last_heartbeat_time === null) return false
  const seconds = ONLINE_INTERVALS * (row.heartbeat_interval_seconds ?? DEFAULT_HEARTBEAT_SECONDS)
  return row.last_heartbeat_time > nowMicroseconds() - seconds * MICROSECONDS_PER_SECOND
}

/** True while a queue was polled lately. */
export function isPolledLately(lastPolled: number | null): boolean {
  return lastPolled !== null && lastPolled > nowMicroseconds() - POLLED_SECONDS * MICROSECONDS_PER_SECOND
}
