import type { JsonObject } from '../json.ts'
import type { Worker } from '../resources/work-pool.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer } from './decode.ts'
import type { Page } from './filter-body.ts'
import { poolPath } from './work-pools.ts'

/** Tells the server that a worker is alive; makes it known the first time. */
export function sendWorkerHeartbeat(
  client: ApiClient,
  pool: string,
  body: { name: string; heartbeat_interval_seconds?: number | null; setting_names?: string[] },
  call?: CallOptions,
): Promise<void> {
  return client.request('POST', `${poolPath(pool)}/workers/heartbeat`, { ...call, body, schema: noAnswer, retry: 'always' })
}

export function filterWorkers(
  client: ApiClient,
  pool: string,
  body: Page & { workers?: JsonObject | null } = {},
  call?: CallOptions,
): Promise<Worker[]> {
  const schema = listOf<Worker>()
  return client.request('POST', `${poolPath(pool)}/workers/filter`, { ...call, body, schema, retry: 'always' })
}

export function deleteWorker(client: ApiClient, pool: string, name: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `${poolPath(pool)}/workers/${encodeURIComponent(name)}`, { ...call, schema: noAnswer })
}
