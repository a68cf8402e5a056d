import type { ImageOrder } from '@aedile/core/image-builder'
import type { JsonObject } from '@aedile/core/json'
import type { ConcurrencyOptions } from '@aedile/core/resources/deployment'
import type { JobVariablesOf } from './work-pools.ts'

/** One schedule: exactly one of `cron`, `interval` (seconds) and `rrule`. */
export type ScheduleOptions = (
  | { cron: string; dayOr?: boolean }
  | { interval: number; anchorDate?: string | Date }
  | { rrule: string }
) & {
  timezone?: string
  active?: boolean
  parameters?: JsonObject
  slug?: string
}

/** What a served flow and one on a work pool say alike. */
export type DeploymentOptions = {
  /** Default: the flow's name. */
  name?: string
  /** Where the flow is: `flows/report.ts:report`. Default: the file it was made in, and its name. */
  entrypoint?: string
  schedule?: ScheduleOptions
  schedules?: ScheduleOptions[]
  parameters?: JsonObject
  tags?: string[]
  description?: string
  version?: string
  paused?: boolean
  /** Refuse runs whose parameters break the schema. Default true. */
  enforceParameterSchema?: boolean
  concurrencyLimit?: number
  concurrencyOptions?: ConcurrencyOptions
}

/** What a deployment on a work pool says. */
export type DeployOptions<Pool extends string = string> = DeploymentOptions & {
  workPool: Pool
  workQueue?: string
  /** Checked against the pool's template before anything is made; types come from `aedile work-pool types POOL`. */
  jobVariables?: JobVariablesOf<Pool>
  /** Only warn of job variables that the pool does not know, as a genuine client would send them. Default false. */
  allowUnknownVariables?: boolean
  /** Steps that fetch the code before a run. Default: run in the present working directory, or where the image has it. */
  pullSteps?: JsonObject[]
  /** The image to build of the project, push, and run in: its name, or more. Needs the package `@aedile/docker`. */
  image?: string | ImageOptions
}

/** How a deployment's image is made. The folder is the present working directory unless another is named. */
export type ImageOptions = Omit<ImageOrder, 'folder' | 'entrypoint'> & {
  folder?: string
  /** False for an image that is there already: nothing is built or pushed. */
  build?: boolean
}
