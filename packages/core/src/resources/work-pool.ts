import { z } from 'zod'
import { jsonObject, name, stored, timestamp, uuid } from './scalars.ts'

export const workPoolStatus = z.enum(['READY', 'NOT_READY', 'PAUSED'])
export const workQueueStatus = z.enum(['READY', 'NOT_READY', 'PAUSED'])
export const workerStatus = z.enum(['ONLINE', 'OFFLINE'])

export const storageConfiguration = z.object({
  bundle_upload_step: jsonObject.nullable().default(null),
  bundle_execution_step: jsonObject.nullable().default(null),
  default_result_storage_block_id: uuid.nullable().default(null),
})

/** Something wrong with a base job template. `error`: a genuine server refuses it too; `warning`: it keeps it in silence. */
export const templateFinding = z.object({
  code: z.enum([
    'section-missing',
    'section-unknown',
    'section-ill-typed',
    'schema-invalid',
    'placeholder-malformed',
    'placeholder-undeclared',
    'variable-unreferenced',
    'variable-unsettable',
    'default-invalid',
  ]),
  severity: z.enum(['error', 'warning']),
  /** JSON pointer into the template. */
  pointer: z.string(),
  message: z.string(),
  /** The declared variable that was probably meant. */
  nearest: z.string().nullable(),
})
export type TemplateFinding = z.output<typeof templateFinding>

export const workPool = z.object({
  ...stored,
  name: z.string(),
  description: z.string().nullable(),
  type: z.string(),
  base_job_template: jsonObject,
  is_paused: z.boolean(),
  concurrency_limit: z.number().int().nullable(),
  status: workPoolStatus.nullable(),
  default_queue_id: uuid.nullable(),
  storage_configuration: storageConfiguration,
  active_slots: z.number().int().nullable().default(null),
  /** Ours, and only there when there are any: what is wrong with the template. Genuine clients ignore the field. */
  aedile_warnings: z.array(templateFinding).optional(),
})
export type WorkPool = z.output<typeof workPool>

export const workPoolCreate = z.strictObject({
  name,
  description: z.string().nullish(),
  type: z.string().default('prefect-agent'),
  base_job_template: jsonObject.default({}),
  is_paused: z.boolean().default(false),
  concurrency_limit: z.number().int().min(0).nullish(),
  storage_configuration: storageConfiguration.prefault({}),
})
export type WorkPoolCreate = z.input<typeof workPoolCreate>

export const workPoolUpdate = z.strictObject({
  description: z.string().nullish(),
  is_paused: z.boolean().nullish(),
  base_job_template: jsonObject.nullish(),
  concurrency_limit: z.number().int().min(0).nullish(),
  storage_configuration: storageConfiguration.nullish(),
})
export type WorkPoolUpdate = z.input<typeof workPoolUpdate>

export const workQueue = z.object({
  ...stored,
  name: z.string(),
  description: z.string().nullable(),
  is_paused: z.boolean(),
  concurrency_limit: z.number().int().nullable(),
  priority: z.number().int(),
  work_pool_id: uuid.nullable(),
  filter: jsonObject.nullable().default(null),
  last_polled: timestamp.nullable(),
  work_pool_name: z.string().nullable(),
  status: workQueueStatus.nullable(),
  active_slots: z.number().int().nullable().default(null),
})
export type WorkQueue = z.output<typeof workQueue>

export const workQueueCreate = z.strictObject({
  name,
  description: z.string().nullish(),
  is_paused: z.boolean().default(false),
  concurrency_limit: z.number().int().min(0).nullish(),
  priority: z.number().int().positive().nullish(),
  filter: jsonObject.nullish(),
})
export type WorkQueueCreate = z.input<typeof workQueueCreate>

export const workQueueUpdate = z.strictObject({
  name: name.nullish(),
  description: z.string().nullish(),
  is_paused: z.boolean().optional(),
  concurrency_limit: z.number().int().min(0).nullish(),
  priority: z.number().int().positive().nullish(),
  last_polled: timestamp.nullish(),
  filter: jsonObject.nullish(),
})
export type WorkQueueUpdate = z.input<typeof workQueueUpdate>

/** A worker as its pool lists it; `status` is computed on read. */
export const worker = z.object({
  ...stored,
  name: z.string(),
  work_pool_id: uuid,
  last_heartbeat_time: timestamp.nullable(),
  heartbeat_interval_seconds: z.number().nullable(),
  status: workerStatus,
})
export type Worker = z.output<typeof worker>

export const workerHeartbeat = z.object({
  name: z.string(),
  heartbeat_interval_seconds: z.number().nullish(),
  /** Ours: the names of the settings that the worker was given, so that a preview can show what it exports. No values. */
  setting_names: z.array(z.string().max(200)).max(1000).nullish(),
})
