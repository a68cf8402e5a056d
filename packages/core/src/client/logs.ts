import type { JsonObject } from '../json.ts'
import type { Log, LogCreate } from '../resources/log.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer } from './decode.ts'
import type { Page } from './filter-body.ts'

/**
 * Appends log lines. A batch whose answer was lost is not sent again by itself: the lines could stand there twice. At
 * most 3 MB a batch.
 */
export function sendLogs(client: ApiClient, body: LogCreate[], call?: CallOptions): Promise<void> {
  return client.request('POST', '/logs/', { ...call, body, schema: noAnswer, retry: 'refused' })
}

/** Log lines, oldest first unless sorted otherwise. */
export function filterLogs(
  client: ApiClient,
  body: Page & { logs?: JsonObject | null } = {},
  call?: CallOptions,
): Promise<Log[]> {
  return client.request('POST', '/logs/filter', { ...call, body, schema: listOf<Log>(), retry: 'always' })
}
