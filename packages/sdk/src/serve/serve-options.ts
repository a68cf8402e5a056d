import type { DeploymentOptions } from '../deploy/deploy-options.ts'

/** What a served flow says. */
export type ServeOptions = DeploymentOptions & {
  /** How many runs go on at once. Default: no limit. */
  limit?: number
  /** Pause the deployment when the process ends. Default true. */
  pauseOnShutdown?: boolean
  /** Ends serving, as SIGTERM does. */
  signal?: AbortSignal
}
