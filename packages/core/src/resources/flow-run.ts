import { z } from 'zod'
import { durationSeconds, jsonObject, keyValueLabels, stored, tags, timestamp, unknownVariable, uuid } from './scalars.ts'
import { state, stateCreate, stateType } from './state.ts'

/** How often and when a flow run is tried again, and what was seen of its pauses. Source: WC 6.3. */
export const flowRunPolicy = z.object({
  max_retries: z.number().int().default(0),
  retry_delay_seconds: z.number().default(0),
  retries: z.number().int().nullable().default(null),
  retry_delay: z.number().int().nullable().default(null),
  pause_keys: z.array(z.string()).nullable().default([]),
  resuming: z.boolean().nullable().default(false),
  retry_type: z.enum(['in_process', 'reschedule']).nullable().default(null),
})
export type FlowRunPolicy = z.output<typeof flowRunPolicy>

export const creator = z.object({
  id: uuid.nullable().default(null),
  type: z.string().nullable().default(null),
  display_value: z.string().nullable().default(null),
})
export type Creator = z.output<typeof creator>

const coreFields = {
  ...stored,
  name: z.string(),
  flow_id: uuid,
  state_id: uuid.nullable(),
  deployment_id: uuid.nullable(),
  deployment_version: z.string().nullable(),
  work_queue_id: uuid.nullable(),
  work_queue_name: z.string().nullable(),
  flow_version: z.string().nullable(),
  parameters: jsonObject,
  idempotency_key: z.string().nullable(),
  context: jsonObject,
  empirical_policy: flowRunPolicy,
  tags,
  labels: keyValueLabels.nullable(),
  parent_task_run_id: uuid.nullable(),
  state_type: stateType.nullable(),
  state_name: z.string().nullable(),
  run_count: z.number().int(),
  expected_start_time: timestamp.nullable(),
  next_scheduled_start_time: timestamp.nullable(),
  start_time: timestamp.nullable(),
  end_time: timestamp.nullable(),
  total_run_time: durationSeconds,
  estimated_run_time: durationSeconds,
  estimated_start_time_delta: durationSeconds,
  auto_scheduled: z.boolean(),
  infrastructure_document_id: uuid.nullable(),
  infrastructure_pid: z.string().nullable(),
  created_by: creator.nullable(),
}

/** A flow run as responses carry it, its fields in the order of WC 6.3. */
export const flowRun = z.object({
  ...coreFields,
  work_pool_id: uuid.nullable(),
  work_pool_name: z.string().nullable(),
  state: state.nullable(),
  job_variables: jsonObject.nullable(),
  /** In the answer to its creation, and only when there are any. */
  aedile_warnings: z.array(unknownVariable).optional(),
})
export type FlowRun = z.output<typeof flowRun>

/** Body of `POST /flow_runs/`. */
export const flowRunCreate = z.strictObject({
  name: z.string().nullish(),
  flow_id: uuid,
  deployment_id: uuid.nullish(),
  flow_version: z.string().nullish(),
  parameters: jsonObject.default({}),
  context: jsonObject.default({}),
  parent_task_run_id: uuid.nullish(),
  infrastructure_document_id: uuid.nullish(),
  empirical_policy: z.strictObject(flowRunPolicy.shape).prefault({}),
  tags: tags.default([]),
  labels: keyValueLabels.nullish(),
  idempotency_key: z.string().nullish(),
  state: stateCreate.nullish(),
  work_pool_name: z.string().nullish(),
  work_queue_name: z.string().nullish(),
  job_variables: jsonObject.nullish(),
})
export type FlowRunCreate = z.input<typeof flowRunCreate>

/** Body of `POST /deployments/{id}/create_flow_run`. */
export const deploymentFlowRunCreate = z.strictObject({
  name: z.string().nullish(),
  parameters: jsonObject.default({}),
  enforce_parameter_schema: z.boolean().nullish(),
  context: jsonObject.default({}),
  infrastructure_document_id: uuid.nullish(),
  empirical_policy: z.strictObject(flowRunPolicy.shape).prefault({}),
  tags: tags.default([]),
  labels: keyValueLabels.nullish(),
  idempotency_key: z.string().nullish(),
  parent_task_run_id: uuid.nullish(),
  work_queue_name: z.string().nullish(),
  job_variables: jsonObject.nullish(),
  state: stateCreate.nullish(),
})
export type DeploymentFlowRunCreate = z.input<typeof deploymentFlowRunCreate>

/** Body of `PATCH /flow_runs/{id}`: only the keys that were sent change anything. */
export const flowRunUpdate = z.strictObject({
  name: z.string().nullish(),
  flow_version: z.string().nullish(),
  parameters: jsonObject.optional(),
  empirical_policy: z.strictObject(flowRunPolicy.shape).optional(),
  tags: tags.optional(),
  infrastructure_pid: z.string().nullish(),
  job_variables: jsonObject.nullish(),
})
export type FlowRunUpdate = z.input<typeof flowRunUpdate>

/** One element of `get_scheduled_flow_runs`; its flow run has no state loaded. */
export const workerFlowRun = z.object({
  work_pool_id: uuid,
  work_queue_id: uuid,
  flow_run: z.object({
    ...coreFields,
    state: state.nullable().default(null),
    job_variables: jsonObject.nullable().default(null),
  }),
})
export type WorkerFlowRun = z.output<typeof workerFlowRun>

export const flowRunInputCreate = z.strictObject({
  key: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  value: z.string(),
  sender: z.string().nullish(),
})
export const flowRunInput = z.object({
  ...stored,
  flow_run_id: uuid,
  key: z.string(),
  value: z.string(),
  sender: z.string().nullable(),
})
export type FlowRunInput = z.output<typeof flowRunInput>
