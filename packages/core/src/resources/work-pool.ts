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

export const workerHeartbeat = z.object({ name: z.string(), heartbeat_interval_seconds: z.number().nullish() })
