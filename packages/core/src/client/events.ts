import { AedileError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { EventInput, ReceivedEvent } from '../resources/event.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, objectOf } from './decode.ts'

/** Sends events. The server knows an event by its id, so a batch may be sent again. */
export function sendEvents(client: ApiClient, body: EventInput[], call?: CallOptions): Promise<void> {
  return client.request('POST', '/events', { ...call, body, schema: noAnswer, retry: 'always' })
}

/** One page of events; `next_page` is where the next one is. */
export type EventPage = { events: ReceivedEvent[]; total: number; next_page: string | null }

/** The first page of the events that match; at most 50 a page. */
export function filterEvents(
  client: ApiClient,
  body: { filter?: JsonObject | null; limit?: number } = {},
  call?: CallOptions,
): Promise<EventPage> {
  return client.request('POST', '/events/filter', { ...call, body, schema: objectOf<EventPage>(), retry: 'always' })
}

/** The page that `next_page` names. Only its token is used: the server may know itself under another address. */
export function readNextEvents(client: ApiClient, nextPage: string, call?: CallOptions): Promise<EventPage> {
  const token = new URL(nextPage, 'http://server').searchParams.get('page-token')
  if (token === null) {
    throw new AedileError('api_answer_unreadable', { method: 'GET', url: nextPage, detail: 'next_page has no page-token' })
  }
  return client.request('GET', '/events/filter/next', { ...call, query: { 'page-token': token }, schema: objectOf<EventPage>() })
}

export type EventCount = { value: string; label: string; count: number; start_time: string; end_time: string }

/** Events counted by day, time, event or resource. */
export function countEvents(
  client: ApiClient,
  by: 'day' | 'time' | 'event' | 'resource',
  body: { filter: JsonObject; time_unit?: string; time_interval?: number },
  call?: CallOptions,
): Promise<EventCount[]> {
  return client.request('POST', `/events/count-by/${by}`, { ...call, body, schema: listOf<EventCount>(), retry: 'always' })
}
