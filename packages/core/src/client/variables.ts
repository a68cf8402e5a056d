import type { JsonObject } from '../json.ts'
import type { Variable, VariableCreate, VariableUpdate } from '../resources/variable.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, numberAnswer, objectOf } from './decode.ts'
import type { Page } from './filter-body.ts'

type VariableFilter = { variables?: JsonObject | null }

/** Creates a variable; `api_conflict` when the name is taken. */
export function createVariable(client: ApiClient, body: VariableCreate, call?: CallOptions): Promise<Variable> {
  return client.request('POST', '/variables/', { ...call, body, schema: objectOf<Variable>() })
}

export function readVariable(client: ApiClient, name: string, call?: CallOptions): Promise<Variable> {
  return client.request('GET', variablePath(name), { ...call, schema: objectOf<Variable>() })
}

export function updateVariable(client: ApiClient, name: string, body: VariableUpdate, call?: CallOptions): Promise<void> {
  return client.request('PATCH', variablePath(name), { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteVariable(client: ApiClient, name: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', variablePath(name), { ...call, schema: noAnswer })
}

export function filterVariables(client: ApiClient, body: Page & VariableFilter = {}, call?: CallOptions): Promise<Variable[]> {
  return client.request('POST', '/variables/filter', { ...call, body, schema: listOf<Variable>(), retry: 'always' })
}

export function countVariables(client: ApiClient, body: VariableFilter = {}, call?: CallOptions): Promise<number> {
  return client.request('POST', '/variables/count', { ...call, body, schema: numberAnswer, retry: 'always' })
}

function variablePath(name: string): string {
  return `/variables/name/${encodeURIComponent(name)}`
}
