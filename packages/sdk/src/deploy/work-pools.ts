import type { JsonObject } from '@aedile/core/json'

/**
 * The job variables of work pools by their names. Empty here: the files that `aedile work-pool types POOL` writes add to it,
 * so that in `deploy({ workPool: 'my-pool', jobVariables })` a wrong variable is a compile error.
 */
// biome-ignore lint/suspicious/noEmptyInterface: other files add to it
export interface WorkPools {}

/** The job variables of a pool; those of a pool without written types may be anything. */
export type JobVariablesOf<Pool extends string> = Pool extends keyof WorkPools ? WorkPools[Pool] : JsonObject
