import type { JsonObject } from '@aedile/core/json'
import { z } from 'zod'

const object: z.ZodType<JsonObject> = z.record(z.string(), z.any())
const text = z.string().nullish()

/** A list of steps; a single mapping is one step, an empty one none. Source: WC 8.1. */
const steps = z
  .union([z.array(object), object])
  .nullish()
  .transform((given) => {
    if (!given || Array.isArray(given)) return given
    return Object.keys(given).length === 0 ? [] : [given]
  })

/** What may hold a placeholder here is checked when the placeholders are filled. Unknown keys are left out. */
const entry = z.object({
  name: text,
  version: z.union([z.string(), z.number()]).nullish(),
  tags: z.union([z.string(), z.array(z.any())]).nullish(),
  description: text,
  schedule: object.nullish(),
  schedules: z.array(object).nullish(),
  paused: z.union([z.boolean(), z.string()]).nullish(),
  concurrency_limit: z.union([z.number(), z.string(), object]).nullish(),
  flow_name: text,
  entrypoint: text,
  parameters: object.nullish(),
  enforce_parameter_schema: z.boolean().nullish(),
  build: steps,
  push: steps,
  pull: steps,
  work_pool: z.object({ name: text, work_queue_name: text, job_variables: object.nullish() }).nullish(),
  triggers: z.array(z.any()).nullish(),
  sla: z.array(z.any()).nullish(),
})

/** One deployment of a file, as it is written. */
export type DeployEntry = Partial<z.output<typeof entry>>

/** A whole file. Steps at the top are for the deployments that have none of their own. */
export const deployFile = z.object({
  build: steps,
  push: steps,
  pull: steps,
  deployments: z
    .array(entry)
    .nullish()
    .transform((entries) => entries ?? []),
})

/** The three lists of steps. */
export type Actions = Pick<DeployEntry, 'build' | 'push' | 'pull'>
