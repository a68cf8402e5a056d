import type { JsonObject } from '../json.ts'

type Filter = JsonObject | null

/** The filters that the list, count and history calls take; all of them hold at once. */
export type Filters = {
  flows?: Filter
  flow_runs?: Filter
  task_runs?: Filter
  deployments?: Filter
  work_pools?: Filter
  work_pool_queues?: Filter
}

/** Order and part of a list. The server's limit is 200 unless it was set otherwise. */
export type Page = { sort?: string | null; limit?: number | null; offset?: number | null }
