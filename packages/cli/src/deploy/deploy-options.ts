/** The options of `aedile deploy`. */
export type DeployOptions = {
  name?: string[]
  all?: boolean
  prefectFile?: string
  flow?: string
  pool?: string
  workQueue?: string
  description?: string
  version?: string
  tag?: string[]
  param?: string[]
  params?: string
  jobVariable?: string[]
  cron?: string[]
  interval?: string[]
  rrule?: string[]
  anchorDate?: string
  timezone?: string
  concurrencyLimit?: string
  collisionStrategy?: string
  paused?: boolean
  allowUnknownVariables?: boolean
  enforceParameterSchema: boolean
}

/** Options that say something about a deployment, and not which ones are meant. */
export function givenOptions(options: DeployOptions): string[] {
  const { name: _, all: __, prefectFile: ___, allowUnknownVariables: ____, enforceParameterSchema, ...about } = options
  const known: Partial<Record<keyof typeof about, string>> = {
    flow: '--flow',
    pool: '--pool',
    workQueue: '--work-queue',
    description: '--description',
    version: '--version',
    tag: '--tag',
    param: '--param',
    params: '--params',
    jobVariable: '--job-variable',
    cron: '--cron',
    interval: '--interval',
    rrule: '--rrule',
    anchorDate: '--anchor-date',
    timezone: '--timezone',
    concurrencyLimit: '--concurrency-limit',
    collisionStrategy: '--collision-strategy',
    paused: '--paused',
  }
  const given = Object.entries(known).flatMap(([key, option]) => (about[key as keyof typeof about] === undefined ? [] : [option]))
  return enforceParameterSchema ? given : [...given, '--no-enforce-parameter-schema']
}
