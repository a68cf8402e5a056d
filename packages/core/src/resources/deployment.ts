import { z } from 'zod'
import { globalConcurrencyLimit } from './concurrency-limit.ts'
import { creator } from './flow-run.ts'
import { json, jsonObject, keyValueLabels, name, stored, tags, timestamp, unknownVariable, uuid } from './scalars.ts'
import { deploymentSchedule, deploymentScheduleCreate, deploymentScheduleUpdate } from './schedule.ts'

export const concurrencyOptions = z.object({
  collision_strategy: z.enum(['ENQUEUE', 'CANCEL_NEW']),
  grace_period_seconds: z.number().int().min(60).max(86400).nullish(),
})
export type ConcurrencyOptions = z.output<typeof concurrencyOptions>

/** One pull step: a mapping of one dotted name to its inputs. */
export const pullStep = jsonObject

/** A deployment as responses carry it, its fields in the order of WC 6.4. */
export const deployment = z.object({
  ...stored,
  name: z.string(),
  version: z.string().nullable(),
  description: z.string().nullable(),
  flow_id: uuid,
  paused: z.boolean(),
  schedules: z.array(deploymentSchedule),
  concurrency_limit: z.number().int().nullable(),
  global_concurrency_limit: globalConcurrencyLimit.nullable(),
  concurrency_options: concurrencyOptions.nullable(),
  job_variables: jsonObject,
  parameters: jsonObject,
  tags,
  labels: keyValueLabels.nullable(),
  work_queue_name: z.string().nullable(),
  work_queue_id: uuid.nullable(),
  last_polled: timestamp.nullable(),
  parameter_openapi_schema: jsonObject.nullable(),
  path: z.string().nullable(),
  pull_steps: z.array(pullStep).nullable(),
  entrypoint: z.string().nullable(),
  storage_document_id: uuid.nullable(),
  infrastructure_document_id: uuid.nullable(),
  created_by: creator.nullable(),
  updated_by: creator.nullable(),
  work_pool_name: z.string().nullable(),
  status: z.enum(['READY', 'NOT_READY']).nullable(),
  enforce_parameter_schema: z.boolean(),
  /** Only there when there are any. */
  aedile_warnings: z.array(unknownVariable).optional(),
})
export type Deployment = z.output<typeof deployment>

const shared = {
  version: z.string().nullish(),
  description: z.string().nullish(),
  storage_document_id: uuid.nullish(),
  infrastructure_document_id: uuid.nullish(),
  path: z.string().nullish(),
  entrypoint: z.string().nullish(),
  concurrency_limit: z.number().int().min(1).nullish(),
  global_concurrency_limit_id: uuid.nullish(),
  concurrency_options: z.strictObject(concurrencyOptions.shape).nullish(),
  job_variables: jsonObject.nullish(),
  parameter_openapi_schema: jsonObject.nullish(),
  pull_steps: z.array(pullStep).nullish(),
  work_queue_name: z.string().nullish(),
  work_pool_name: z.string().nullish(),
  version_info: json.nullish(),
}

/** Body of `POST /deployments/`. Creates, or updates the one of the same flow and name. */
export const deploymentCreate = z.strictObject({
  name,
  flow_id: uuid,
  paused: z.boolean().nullish(),
  schedules: z.array(deploymentScheduleCreate).nullish(),
  parameters: jsonObject.nullish(),
  tags: tags.nullish(),
  labels: keyValueLabels.nullish(),
  enforce_parameter_schema: z.boolean().default(true),
  ...shared,
  // Without one, a deployment has the schema of no parameters; an explicit null is kept.
  parameter_openapi_schema: jsonObject.nullable().default({}),
  branch: z.string().nullish(),
  base: uuid.nullish(),
  root: uuid.nullish(),
})
export type DeploymentCreate = z.input<typeof deploymentCreate>

/** Body of `PATCH /deployments/{id}`: only the keys that were sent change anything. */
export const deploymentUpdate = z.strictObject({
  paused: z.boolean().optional(),
  schedules: z.array(deploymentScheduleUpdate).nullish(),
  parameters: jsonObject.nullish(),
  tags: tags.optional(),
  enforce_parameter_schema: z.boolean().nullish(),
  ...shared,
  branch: z.string().nullish(),
  base: uuid.nullish(),
  root: uuid.nullish(),
})
export type DeploymentUpdate = z.input<typeof deploymentUpdate>
