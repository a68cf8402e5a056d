import type { JsonObject } from '../json.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { objectOf, textAnswer } from './decode.ts'

/** The version of the server's package, such as `3.8.8`. */
export function readServerVersion(client: ApiClient, call?: CallOptions): Promise<string> {
  return client.request('GET', '/admin/version', { ...call, schema: textAnswer })
}

/** True when the server answers that it is healthy. Open without credentials. */
export async function isHealthy(client: ApiClient, call?: CallOptions): Promise<boolean> {
  return (await client.request('GET', '/health', call)) === true
}

/** The server's settings, secrets masked. */
export function readServerSettings(client: ApiClient, call?: CallOptions): Promise<JsonObject> {
  return client.request('GET', '/admin/settings', { ...call, schema: objectOf<JsonObject>() })
}

/** The id of the block in which results are kept by default, if one was named. */
export async function readDefaultResultStorage(client: ApiClient, call?: CallOptions): Promise<string | null> {
  const schema = objectOf<{ default_result_storage_block_id: string | null }>()
  return (await client.request('GET', '/admin/storage', { ...call, schema })).default_result_storage_block_id
}
