import { z } from 'zod'
import { deploymentFilter } from './deployment.ts'
import { flowFilter } from './flow.ts'
import { flowRunFilter } from './flow-run.ts'
import { taskRunFilter } from './task-run.ts'
import { workPoolFilter } from './work-pool.ts'
import { workQueueFilter } from './work-queue.ts'

/** The filters that one search may combine: an object matches when related objects match all of them. */
export const relatedFilters = {
  flows: flowFilter.nullish(),
  flow_runs: flowRunFilter.nullish(),
  task_runs: taskRunFilter.nullish(),
  deployments: deploymentFilter.nullish(),
  work_pools: workPoolFilter.nullish(),
  work_pool_queues: workQueueFilter.nullish(),
}
const relatedFiltersObject = z.object(relatedFilters)
export type RelatedFilters = z.output<typeof relatedFiltersObject>
