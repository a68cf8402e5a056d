import type { WorkQueueFilter } from '@aedile/core/filters/work-queue'
import { type Condition, combine, type DatabaseKind, matchColumn } from './condition.ts'

/** The condition of a filter for work queues, on the table `work_queue`. */
export function workQueueCondition(filter: WorkQueueFilter, kind: DatabaseKind): Condition {
  return combine(filter.operator, [
    matchColumn('work_queue.id', filter.id, kind),
    matchColumn('work_queue.name', filter.name, kind),
  ])
}
