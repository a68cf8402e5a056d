import type { JsonObject } from '../json.ts'
import type { WorkQueue, WorkQueueCreate, WorkQueueUpdate } from '../resources/work-pool.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, objectOf } from './decode.ts'
import type { Page } from './filter-body.ts'
import { poolPath } from './work-pools.ts'

/** Creates a queue in a pool; `api_conflict` when the name is taken. */
export function createWorkQueue(client: ApiClient, pool: string, body: WorkQueueCreate, call?: CallOptions): Promise<WorkQueue> {
  return client.request('POST', `${poolPath(pool)}/queues`, { ...call, body, schema: objectOf<WorkQueue>() })
}

export function readWorkQueue(client: ApiClient, pool: string, name: string, call?: CallOptions): Promise<WorkQueue> {
  return client.request('GET', queuePath(pool, name), { ...call, schema: objectOf<WorkQueue>() })
}

export function readWorkQueueById(client: ApiClient, id: string, call?: CallOptions): Promise<WorkQueue> {
  return client.request('GET', `/work_queues/${id}`, { ...call, schema: objectOf<WorkQueue>() })
}

/** The queue of this name in the default pool. */
export function readWorkQueueByName(client: ApiClient, name: string, call?: CallOptions): Promise<WorkQueue> {
  return client.request('GET', `/work_queues/name/${encodeURIComponent(name)}`, { ...call, schema: objectOf<WorkQueue>() })
}

/** Health of a queue: late runs, last poll. */
export function readWorkQueueStatus(client: ApiClient, id: string, call?: CallOptions): Promise<JsonObject> {
  return client.request('GET', `/work_queues/${id}/status`, { ...call, schema: objectOf<JsonObject>() })
}

export function updateWorkQueue(
  client: ApiClient,
  pool: string,
  name: string,
  body: WorkQueueUpdate,
  call?: CallOptions,
): Promise<void> {
  return client.request('PATCH', queuePath(pool, name), { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteWorkQueue(client: ApiClient, pool: string, name: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', queuePath(pool, name), { ...call, schema: noAnswer })
}

/** The queues of a pool. */
export function filterWorkQueues(
  client: ApiClient,
  pool: string,
  body: Page & { work_queues?: JsonObject | null } = {},
  call?: CallOptions,
): Promise<WorkQueue[]> {
  const schema = listOf<WorkQueue>()
  return client.request('POST', `${poolPath(pool)}/queues/filter`, { ...call, body, schema, retry: 'always' })
}

/** The queues of all pools. */
export function filterAllWorkQueues(
  client: ApiClient,
  body: Page & { work_queues?: JsonObject | null } = {},
  call?: CallOptions,
): Promise<WorkQueue[]> {
  return client.request('POST', '/work_queues/filter', { ...call, body, schema: listOf<WorkQueue>(), retry: 'always' })
}

function queuePath(pool: string, name: string): string {
  return `${poolPath(pool)}/queues/${encodeURIComponent(name)}`
}
