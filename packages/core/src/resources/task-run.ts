import { z } from 'zod'
import { durationSeconds, keyValueLabels, stored, tags, timestamp, uuid } from './scalars.ts'
import { state, stateCreate, stateType } from './state.ts'

export const taskRunPolicy = z.object({
  max_retries: z.number().int().default(0),
  retry_delay_seconds: z.number().default(0),
  retries: z.number().int().nullable().default(null),
  retry_delay: z
    .union([z.number(), z.array(z.number())])
    .nullable()
    .default(null),
  retry_jitter_factor: z.number().nullable().default(null),
})
export type TaskRunPolicy = z.output<typeof taskRunPolicy>

/** Where the value of a task's parameter came from. */
export const taskRunInput = z.discriminatedUnion('input_type', [
  z.object({ input_type: z.literal('parameter'), name: z.string() }),
  z.object({ input_type: z.literal('constant'), type: z.string() }),
  z.object({ input_type: z.literal('task_run'), id: uuid }),
  z.object({ input_type: z.literal('flow_run'), id: uuid }),
])
export const taskInputs = z.record(z.string(), z.array(taskRunInput))

/** A task run as responses carry it, its fields in the order of WC 6.4. */
export const taskRun = z.object({
  ...stored,
  name: z.string(),
  flow_run_id: uuid.nullable(),
  task_key: z.string(),
  dynamic_key: z.string(),
  cache_key: z.string().nullable(),
  cache_expiration: timestamp.nullable(),
  task_version: z.string().nullable(),
  empirical_policy: taskRunPolicy,
  tags,
  labels: keyValueLabels.nullable(),
  state_id: uuid.nullable(),
  task_inputs: taskInputs,
  state_type: stateType.nullable(),
  state_name: z.string().nullable(),
  run_count: z.number().int(),
  flow_run_run_count: z.number().int(),
  expected_start_time: timestamp.nullable(),
  next_scheduled_start_time: timestamp.nullable(),
  start_time: timestamp.nullable(),
  end_time: timestamp.nullable(),
  total_run_time: durationSeconds,
  estimated_run_time: durationSeconds,
  estimated_start_time_delta: durationSeconds,
  state: state.nullable(),
})
export type TaskRun = z.output<typeof taskRun>

/** Body of `POST /task_runs/`. */
export const taskRunCreate = z.strictObject({
  id: uuid.nullish(),
  state: stateCreate.nullish(),
  name: z.string().nullish(),
  flow_run_id: uuid.nullish(),
  task_key: z.string(),
  dynamic_key: z.string(),
  cache_key: z.string().nullish(),
  cache_expiration: timestamp.nullish(),
  task_version: z.string().nullish(),
  empirical_policy: z.strictObject(taskRunPolicy.shape).prefault({}),
  tags: tags.default([]),
  labels: keyValueLabels.nullish(),
  task_inputs: taskInputs.default({}),
})
export type TaskRunCreate = z.input<typeof taskRunCreate>

export const taskRunUpdate = z.strictObject({ name: z.string().optional() })
