import type { JsonObject, JsonValue } from '../json.ts'
import type { FlowRun, FlowRunCreate, FlowRunInput, FlowRunPolicy } from '../resources/flow-run.ts'
import type { OrchestrationResult, State, StateCreateInput } from '../resources/state.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { type Decoder, listOf, noAnswer, numberAnswer, objectOf } from './decode.ts'
import type { Filters, Page } from './filter-body.ts'
import { proposeState, type SetStateOptions } from './set-state.ts'

/** Creates a flow run. Sent again after a lost answer only when it has an idempotency key. */
export function createFlowRun(client: ApiClient, body: FlowRunCreate, call?: CallOptions): Promise<FlowRun> {
  const retry = body.idempotency_key ? 'always' : 'refused'
  return client.request('POST', '/flow_runs/', { ...call, body, schema: objectOf<FlowRun>(), retry })
}

export function readFlowRun(client: ApiClient, id: string, call?: CallOptions): Promise<FlowRun> {
  return client.request('GET', `/flow_runs/${id}`, { ...call, schema: objectOf<FlowRun>() })
}

/** The fields of a flow run that a client may change. */
export type FlowRunUpdateBody = {
  name?: string | null
  flow_version?: string | null
  parameters?: JsonObject
  empirical_policy?: FlowRunPolicy
  tags?: string[]
  infrastructure_pid?: string | null
  job_variables?: JsonObject | null
}

export function updateFlowRun(client: ApiClient, id: string, body: FlowRunUpdateBody, call?: CallOptions): Promise<void> {
  return client.request('PATCH', `/flow_runs/${id}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

/** Adds labels, or replaces those of the same key. */
export function updateFlowRunLabels(
  client: ApiClient,
  id: string,
  labels: Record<string, string | number | boolean>,
  call?: CallOptions,
): Promise<void> {
  return client.request('PATCH', `/flow_runs/${id}/labels`, { ...call, body: labels, schema: noAnswer, retry: 'always' })
}

export function deleteFlowRun(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/flow_runs/${id}`, { ...call, schema: noAnswer })
}

export function filterFlowRuns(client: ApiClient, body: Filters & Page = {}, call?: CallOptions): Promise<FlowRun[]> {
  return client.request('POST', '/flow_runs/filter', { ...call, body, schema: listOf<FlowRun>(), retry: 'always' })
}

export function countFlowRuns(client: ApiClient, body: Filters = {}, call?: CallOptions): Promise<number> {
  return client.request('POST', '/flow_runs/count', { ...call, body, schema: numberAnswer, retry: 'always' })
}

/** Proposes a state of a flow run. */
export function setFlowRunState(
  client: ApiClient,
  id: string,
  state: StateCreateInput,
  options?: SetStateOptions,
): Promise<OrchestrationResult> {
  return proposeState(client, `/flow_runs/${id}/set_state`, { flow_run_id: id }, state, options)
}

/** Resumes a paused flow run. */
export function resumeFlowRun(
  client: ApiClient,
  id: string,
  input?: JsonObject,
  call?: CallOptions,
): Promise<OrchestrationResult> {
  const body = input === undefined ? {} : { run_input: input }
  return client.request('POST', `/flow_runs/${id}/resume`, { ...call, body, schema: objectOf<OrchestrationResult>() })
}

/** The states that a flow run went through, oldest first. */
export function readFlowRunStates(client: ApiClient, flowRunId: string, call?: CallOptions): Promise<State[]> {
  return client.request('GET', '/flow_run_states/', { ...call, query: { flow_run_id: flowRunId }, schema: listOf<State>() })
}

export function createFlowRunInput(
  client: ApiClient,
  id: string,
  body: { key: string; value: string; sender?: string | null },
  call?: CallOptions,
): Promise<void> {
  return client.request('POST', `/flow_runs/${id}/input`, { ...call, body, schema: noAnswer })
}

export function filterFlowRunInputs(
  client: ApiClient,
  id: string,
  body: { prefix: string; limit?: number; exclude_keys?: string[] },
  call?: CallOptions,
): Promise<FlowRunInput[]> {
  return client.request('POST', `/flow_runs/${id}/input/filter`, {
    ...call,
    body,
    schema: listOf<FlowRunInput>(),
    retry: 'always',
  })
}

/** The value is stored as JSON text and comes back as what it stands for. */
export function readFlowRunInput(client: ApiClient, id: string, key: string, call?: CallOptions): Promise<JsonValue> {
  const schema: Decoder<JsonValue> = { parse: (value) => value as JsonValue }
  return client.request('GET', `/flow_runs/${id}/input/${encodeURIComponent(key)}`, { ...call, schema })
}
