import { z } from 'zod'
import { jsonObject, uuid } from '../resources/scalars.ts'

/** Body of `POST /work_pools/{name}/render`: what to render, none of it stored. */
export const renderBody = z.strictObject({
  /** As a run of this deployment; without one, and without a run, as the pool alone. */
  deployment_id: uuid.nullish(),
  /** As this run; its deployment is the run's own. */
  flow_run_id: uuid.nullish(),
  /** Over those of the run, as if it had been created with them. */
  job_variables: jsonObject.nullish(),
  /** A worker of the pool: its name, and the names of the settings that it exports. */
  worker_name: z.string().nullish(),
  /** Facts of the target, over the assumed ones. */
  facts: jsonObject.nullish(),
  /** Say where each field came from. */
  explain: z.boolean().default(false),
  /** In place of the pool's own: a template, or `default` or `extended` for those of its type. */
  base_job_template: z.union([z.enum(['default', 'extended']), jsonObject]).nullish(),
})
export type RenderBody = z.input<typeof renderBody>

const origin = z.looseObject({ layer: z.string(), path: z.string() })
const origins = z.record(z.string(), origin)

/** The answer: a rendering with its secrets masked. */
export const renderResult = z.object({
  configuration: jsonObject,
  request: jsonObject,
  origins: z.object({ configuration: origins, request: origins }).optional(),
  dropped: z.array(z.object({ pointer: z.string(), placeholder: z.string(), reason: z.string() })),
  warnings: z.array(z.looseObject({ kind: z.string(), pointer: z.string(), message: z.string() })),
  facts: z.object({ values: jsonObject, assumed: z.boolean() }),
})
