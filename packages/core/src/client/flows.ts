import type { Flow, FlowCreate, FlowUpdate } from '../resources/flow.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, numberAnswer, objectOf } from './decode.ts'
import type { Filters, Page } from './filter-body.ts'

/** Creates the flow, or answers the one that has this name already. */
export function createFlow(client: ApiClient, body: FlowCreate, call?: CallOptions): Promise<Flow> {
  return client.request('POST', '/flows/', { ...call, body, schema: objectOf<Flow>(), retry: 'always' })
}

export function readFlow(client: ApiClient, id: string, call?: CallOptions): Promise<Flow> {
  return client.request('GET', `/flows/${id}`, { ...call, schema: objectOf<Flow>() })
}

export function readFlowByName(client: ApiClient, name: string, call?: CallOptions): Promise<Flow> {
  return client.request('GET', `/flows/name/${encodeURIComponent(name)}`, { ...call, schema: objectOf<Flow>() })
}

export function updateFlow(client: ApiClient, id: string, body: FlowUpdate, call?: CallOptions): Promise<void> {
  return client.request('PATCH', `/flows/${id}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteFlow(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/flows/${id}`, { ...call, schema: noAnswer })
}

export function filterFlows(client: ApiClient, body: Filters & Page = {}, call?: CallOptions): Promise<Flow[]> {
  return client.request('POST', '/flows/filter', { ...call, body, schema: listOf<Flow>(), retry: 'always' })
}

export function countFlows(client: ApiClient, body: Filters = {}, call?: CallOptions): Promise<number> {
  return client.request('POST', '/flows/count', { ...call, body, schema: numberAnswer, retry: 'always' })
}
