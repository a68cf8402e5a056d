import type { TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { readFacts } from './facts.ts'
import type { PullPolicy } from './image.ts'
import type { DockerJob } from './job.ts'
import { gatewayHosts, networkModeOf } from './network.ts'

/** When an image is pulled. The values are also the stored ones. */
export const ImagePullPolicy = {
  /** Pull it when the engine does not have it. */
  IF_NOT_PRESENT: 'IF_NOT_PRESENT',
  /** Pull it before every run. */
  ALWAYS: 'ALWAYS',
  /** Use what the engine has. */
  NEVER: 'NEVER',
} as const
export type ImagePullPolicy = (typeof ImagePullPolicy)[keyof typeof ImagePullPolicy]

/** The same in the words of a job. */
export const JOB_PULL_POLICIES: Record<ImagePullPolicy, PullPolicy> = {
  IF_NOT_PRESENT: 'IfNotPresent',
  ALWAYS: 'Always',
  NEVER: 'Never',
}

/** The settings that a container is created with, in the order of a genuine preview. Source: INF F.2. */
export function buildContainerSettings(job: DockerJob, command: readonly string[], targetFacts: TargetFacts): JsonObject {
  const { platform, engineVersion } = readFacts(targetFacts)
  const { networks, network_mode: networkMode } = job
  const apiUrl = job.env.PREFECT_API_URL ?? null
  return {
    image: job.image,
    network: networks[0] ?? null,
    network_mode: networkModeOf({ networkMode, networks, apiUrl, platform }),
    command: [...command],
    environment: job.env,
    auto_remove: job.auto_remove,
    labels: job.labels,
    extra_hosts: gatewayHosts(apiUrl ?? undefined, platform, engineVersion),
    name: job.name,
    volumes: job.volumes,
  }
}

/** What is worth a warning in such settings. */
export function findWarnings(settings: JsonObject, facts: TargetFacts): string[] {
  const { platform, engineVersion } = readFacts(facts)
  const warnings: string[] = []
  if (settings.network_mode === 'host' && platform !== 'linux') {
    warnings.push(`The network mode 'host' is not supported on the platform '${platform}' and may not work as intended.`)
  }
  if (settings.extra_hosts !== null && Object.keys(settings.extra_hosts as JsonObject).length === 0) {
    warnings.push(
      `\`host.docker.internal\` could not be automatically resolved to your local ip address: Docker Engine ${engineVersion} cannot do that. Upgrade to 20.10.0 or newer if the container must reach this machine.`,
    )
  }
  return warnings
}

/** What is wrong with a volume, in its genuine wording; null when nothing is. */
export function findVolumeError(volume: string): string | null {
  if (volume.includes(':')) return null
  return `Invalid volume specification. Expected format 'path:container_path', but got '${volume}'`
}
