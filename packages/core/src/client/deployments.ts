import type { Deployment, DeploymentCreate, DeploymentUpdate } from '../resources/deployment.ts'
import type { deploymentFlowRunCreate, FlowRun } from '../resources/flow-run.ts'
import type { DeploymentSchedule, DeploymentScheduleCreate, DeploymentScheduleUpdate } from '../resources/schedule.ts'
import { formatPythonStr, nowMicroseconds } from '../time.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, numberAnswer, objectOf } from './decode.ts'
import type { Filters, Page } from './filter-body.ts'

/** Creates a deployment, or updates the one of the same flow and name. */
export function createDeployment(client: ApiClient, body: DeploymentCreate, call?: CallOptions): Promise<Deployment> {
  return client.request('POST', '/deployments/', { ...call, body, schema: objectOf<Deployment>(), retry: 'always' })
}

export function readDeployment(client: ApiClient, id: string, call?: CallOptions): Promise<Deployment> {
  return client.request('GET', `/deployments/${id}`, { ...call, schema: objectOf<Deployment>() })
}

export function readDeploymentByName(client: ApiClient, flow: string, name: string, call?: CallOptions): Promise<Deployment> {
  const path = `/deployments/name/${encodeURIComponent(flow)}/${encodeURIComponent(name)}`
  return client.request('GET', path, { ...call, schema: objectOf<Deployment>() })
}

export function updateDeployment(client: ApiClient, id: string, body: DeploymentUpdate, call?: CallOptions): Promise<void> {
  return client.request('PATCH', `/deployments/${id}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteDeployment(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/deployments/${id}`, { ...call, schema: noAnswer })
}

export function filterDeployments(client: ApiClient, body: Filters & Page = {}, call?: CallOptions): Promise<Deployment[]> {
  return client.request('POST', '/deployments/filter', { ...call, body, schema: listOf<Deployment>(), retry: 'always' })
}

export function countDeployments(client: ApiClient, body: Filters = {}, call?: CallOptions): Promise<number> {
  return client.request('POST', '/deployments/count', { ...call, body, schema: numberAnswer, retry: 'always' })
}

export function pauseDeployment(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('POST', `/deployments/${id}/pause_deployment`, { ...call, schema: noAnswer, retry: 'always' })
}

export function resumeDeployment(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('POST', `/deployments/${id}/resume_deployment`, { ...call, schema: noAnswer, retry: 'always' })
}

/** Body of `create_flow_run`, as a client sends it. */
export type DeploymentFlowRunBody = import('zod').input<typeof deploymentFlowRunCreate>

/** Creates a run of a deployment. Sent again after a lost answer only when it has an idempotency key. */
export function createDeploymentFlowRun(
  client: ApiClient,
  id: string,
  body: DeploymentFlowRunBody = {},
  call?: CallOptions,
): Promise<FlowRun> {
  const retry = body.idempotency_key ? 'always' : 'refused'
  return client.request('POST', `/deployments/${id}/create_flow_run`, { ...call, body, schema: objectOf<FlowRun>(), retry })
}

/** The due runs of deployments, for a runner that serves them. `withinSeconds` looks ahead. */
export function getDeploymentScheduledFlowRuns(
  client: ApiClient,
  deploymentIds: string[],
  withinSeconds: number,
  call?: CallOptions,
): Promise<FlowRun[]> {
  const body = {
    deployment_ids: deploymentIds,
    scheduled_before: formatPythonStr(nowMicroseconds() + Math.round(withinSeconds * 1e6)),
  }
  return client.request('POST', '/deployments/get_scheduled_flow_runs', {
    ...call,
    body,
    schema: listOf<FlowRun>(),
    retry: 'always',
  })
}

export function readDeploymentSchedules(client: ApiClient, id: string, call?: CallOptions): Promise<DeploymentSchedule[]> {
  return client.request('GET', `/deployments/${id}/schedules`, { ...call, schema: listOf<DeploymentSchedule>() })
}

export function createDeploymentSchedules(
  client: ApiClient,
  id: string,
  body: DeploymentScheduleCreate[],
  call?: CallOptions,
): Promise<DeploymentSchedule[]> {
  return client.request('POST', `/deployments/${id}/schedules`, { ...call, body, schema: listOf<DeploymentSchedule>() })
}

export function updateDeploymentSchedule(
  client: ApiClient,
  id: string,
  scheduleId: string,
  body: DeploymentScheduleUpdate,
  call?: CallOptions,
): Promise<void> {
  return client.request('PATCH', `/deployments/${id}/schedules/${scheduleId}`, {
    ...call,
    body,
    schema: noAnswer,
    retry: 'always',
  })
}

export function deleteDeploymentSchedule(client: ApiClient, id: string, scheduleId: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/deployments/${id}/schedules/${scheduleId}`, { ...call, schema: noAnswer })
}
