import { z } from 'zod'
import { stored, timestamp, uuid } from './scalars.ts'

/** A log line. `sequence` is Aedile's own: the line's place among the lines of its flow run. */
export const log = z.object({
  ...stored,
  name: z.string(),
  level: z.number().int(),
  message: z.string(),
  timestamp,
  flow_run_id: uuid.nullable(),
  task_run_id: uuid.nullable(),
})
export type Log = z.output<typeof log>

export const logCreate = z.strictObject({
  name: z.string(),
  level: z.number().int(),
  message: z.string(),
  timestamp,
  flow_run_id: uuid.nullish(),
  task_run_id: uuid.nullish(),
})
export type LogCreate = z.input<typeof logCreate>

/** Levels of Python's logging, which the API uses. */
export const LOG_LEVELS = { debug: 10, info: 20, warning: 30, error: 40, critical: 50 } as const
