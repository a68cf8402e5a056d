import type { JsonObject } from '../json.ts'
import type { WorkerFlowRun } from '../resources/flow-run.ts'
import type { WorkPool, WorkPoolCreate, WorkPoolUpdate } from '../resources/work-pool.ts'
import { formatPythonStr, nowMicroseconds } from '../time.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, numberAnswer, objectOf } from './decode.ts'
import type { Filters, Page } from './filter-body.ts'

/** `strict`: an Aedile server refuses a template that is not clean. A genuine one does not know it and goes on. */
type Linting = CallOptions & { lint?: 'strict' | 'warn' }

/** Creates a work pool; `api_conflict` when the name is taken. */
export function createWorkPool(client: ApiClient, body: WorkPoolCreate, { lint, ...call }: Linting = {}): Promise<WorkPool> {
  return client.request('POST', '/work_pools/', { ...call, query: { lint }, body, schema: objectOf<WorkPool>() })
}

export function readWorkPool(client: ApiClient, name: string, call?: CallOptions): Promise<WorkPool> {
  return client.request('GET', poolPath(name), { ...call, schema: objectOf<WorkPool>() })
}

export function updateWorkPool(
  client: ApiClient,
  name: string,
  body: WorkPoolUpdate,
  { lint, ...call }: Linting = {},
): Promise<void> {
  return client.request('PATCH', poolPath(name), { ...call, query: { lint }, body, schema: noAnswer, retry: 'always' })
}

export function deleteWorkPool(client: ApiClient, name: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', poolPath(name), { ...call, schema: noAnswer })
}

export function filterWorkPools(client: ApiClient, body: Filters & Page = {}, call?: CallOptions): Promise<WorkPool[]> {
  return client.request('POST', '/work_pools/filter', { ...call, body, schema: listOf<WorkPool>(), retry: 'always' })
}

export function countWorkPools(client: ApiClient, body: Filters = {}, call?: CallOptions): Promise<number> {
  return client.request('POST', '/work_pools/count', { ...call, body, schema: numberAnswer, retry: 'always' })
}

/** Who holds the slots of a pool and its queues, one page at a time. */
export function readWorkPoolConcurrency(
  client: ApiClient,
  name: string,
  body: { page?: number; limit?: number; flow_run_limit?: number } = {},
  call?: CallOptions,
): Promise<JsonObject> {
  const schema = objectOf<JsonObject>()
  return client.request('POST', `${poolPath(name)}/concurrency_status`, { ...call, body, schema, retry: 'always' })
}

/** The runs that a worker of this pool may claim. No queue names means every queue; `withinSeconds` looks ahead. */
export function getScheduledFlowRuns(
  client: ApiClient,
  name: string,
  options: { queueNames?: string[]; withinSeconds?: number; limit?: number } = {},
  call?: CallOptions,
): Promise<WorkerFlowRun[]> {
  const body = {
    work_queue_names: options.queueNames ?? [],
    scheduled_before:
      options.withinSeconds === undefined
        ? undefined
        : formatPythonStr(nowMicroseconds() + Math.round(options.withinSeconds * 1e6)),
    limit: options.limit,
  }
  const schema = listOf<WorkerFlowRun>()
  return client.request('POST', `${poolPath(name)}/get_scheduled_flow_runs`, { ...call, body, schema, retry: 'always' })
}

/** The known types of infrastructure with their default templates, by package and type. */
export function readWorkerMetadata(client: ApiClient, call?: CallOptions): Promise<JsonObject> {
  return client.request('GET', '/collections/views/aggregate-worker-metadata', { ...call, schema: objectOf<JsonObject>() })
}

/** The path of a pool's own resources. */
export function poolPath(name: string): string {
  return `/work_pools/${encodeURIComponent(name)}`
}
