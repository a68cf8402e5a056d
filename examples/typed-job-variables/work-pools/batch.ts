// Written by: aedile work-pool types batch
// Write it again when the template of the pool changes.

import type {} from '@aedile/sdk/deploy/work-pools'

/** What a deployment or a run may set of the work pool batch. */
export type BatchVariables = {
  /** Name of the process, for people. */
  name?: string | null
  /** Variables for the process, laid over those of the template. */
  env?: { [key: string]: string | null } | null
  /** Labels of the job. */
  labels?: { [key: string]: string } | null
  /** The command to run. By default, what fits the flow's entrypoint. */
  command?: string | null
  /** Whether output goes to the run's logs. */
  stream_output?: boolean | null
  /** Directory that the process starts in. */
  working_dir?: string | null
  /** Whose data is worked on. */
  region?: 'eu' | 'us' | null
  /** How many records are worked on at once. */
  batch_size?: number | null
  [entry: `env.${string}`]: string | null
  [entry: `labels.${string}`]: string
}

declare module '@aedile/sdk/deploy/work-pools' {
  interface WorkPools {
    batch: BatchVariables
  }
}
