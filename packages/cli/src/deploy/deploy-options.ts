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
  image?: string
  dockerfile?: string
  baseImage?: string
  platform?: string
  buildArg?: string[]
  registryCredentials?: string
  /** False by --no-push. */
  push?: boolean
  /** False by --no-pull. */
  pull?: boolean
}

/** Options that say something about a deployment, and not which ones are meant. */
export function givenOptions(options: DeployOptions): string[] {
  const {
    name: _,
    all: __,
    prefectFile: ___,
    allowUnknownVariables: ____,
    enforceParameterSchema,
    push,
    pull,
    ...about
  } = options
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
    image: '--image',
    dockerfile: '--dockerfile',
    baseImage: '--base-image',
    platform: '--platform',
    buildArg: '--build-arg',
    registryCredentials: '--registry-credentials',
  }
  const given = Object.entries(known).flatMap(([key, option]) => (about[key as keyof typeof about] === undefined ? [] : [option]))
  return [
    ...given,
    ...(enforceParameterSchema ? [] : ['--no-enforce-parameter-schema']),
    ...(push === false ? ['--no-push'] : []),
    ...(pull === false ? ['--no-pull'] : []),
  ]
}
