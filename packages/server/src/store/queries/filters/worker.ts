import type { WorkerFilter } from '@aedile/core/filters/worker'
import { type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'

/** The condition of a filter for workers, on the table `worker`. */
export function workerCondition(filter: WorkerFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('worker.last_heartbeat_time', filter.last_heartbeat_time, kind),
    matchColumn('worker.status', filter.status, kind),
  ])
}
