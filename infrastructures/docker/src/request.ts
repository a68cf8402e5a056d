import { ADDED_VARIABLES, addAttemptEnvironment } from '@aedile/core/attempts/environment'
import { AedileError } from '@aedile/core/errors'
import type { AttemptContext, Handle, Job, TargetFacts } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { isTruthy } from '@aedile/core/python-text'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { buildCreateBody } from './create-body.ts'
import { readFacts } from './facts.ts'
import type { DockerJob } from './job.ts'
import { ATTEMPT_LABEL, QUIET_LABEL, REMOVE_LABEL, SERVER_LABEL } from './labels.ts'
import { refuse } from './nested-settings.ts'
import { gatewayHosts, networkModeOf } from './network.ts'
import { buildPull, type PullRequest } from './pull.ts'
import { traceRequest } from './request-trace.ts'
import { resolveVolume } from './volumes.ts'

export { ATTEMPT_LABEL, SERVER_LABEL } from './labels.ts'

/** Exactly what start() sends to the Engine, in this order: pull, create, connect, start. */
export type DockerRequest = {
  pull: PullRequest
  /** `name` of the create query; null: the attempt key. Against another attempt's container, `-1`, `-2` ... follow. */
  name: string | null
  /** `platform` of the create query. */
  platform: string | null
  /** The body of `POST /containers/create`. */
  create: JsonObject
  /** Networks that the container is connected to before it starts; the first one is in the body. */
  networks: string[]
  /** Whether the container is removed after the report. The Engine is not asked to: it would take the outcome with it. */
  remove: boolean
  /** Whether output is followed. */
  streamOutput: boolean
}

/** How long a container may take to end after it was asked to, as a genuine worker gives it. Source: INF B.4. */
export const GRACE_SECONDS = 30

/** Fields of a job: under these names, settings of the user have no effect. */
const JOB_FIELDS = [
  'command',
  'env',
  'labels',
  'name',
  'image',
  'registry_credentials',
  'image_pull_policy',
  'networks',
  'network_mode',
  'auto_remove',
  'volumes',
  'stream_output',
  'mem_limit',
  'memswap_limit',
  'privileged',
  'container_create_kwargs',
]
/** What a genuine worker passes by itself beside the fields, so that the user cannot. */
const OWN_SETTINGS = ['environment', 'network']

/**
 * The requests of a prepared job: what docker-py sends for a genuine worker's settings, and our labels, variables and
 * removal.
 * @throws AedileError `template_invalid` with a JSON pointer.
 */
export function buildRequest(prepared: Job, facts: TargetFacts, attempt: AttemptContext, trace?: BuildTrace): DockerRequest {
  const job = prepared as DockerJob
  const { platform, engineVersion, directory, apiUrl: workerApiUrl } = readFacts(facts)
  const settings = userSettings(job)
  const { extra_hosts, ...own } = settings
  const apiUrl = job.env.PREFECT_API_URL ?? undefined
  const gateway = gatewayHosts(apiUrl, platform, engineVersion)
  const { networks, network_mode: networkMode } = job
  const env = addAttemptEnvironment(job.env as Record<string, string>, attempt)
  const create = buildCreateBody({
    image: job.image,
    command: job.command ?? '',
    env,
    labels: { ...job.labels, ...attemptLabels(job, attempt) },
    network: networks[0] ?? null,
    networkMode: networkModeOf({ networkMode, networks, apiUrl: apiUrl ?? workerApiUrl, platform }),
    settings: {
      extra_hosts: mergeHosts(gateway, extra_hosts ?? null),
      volumes: job.volumes.map((volume) => resolveVolume(volume, directory)),
      mem_limit: job.mem_limit,
      memswap_limit: job.memswap_limit,
      privileged: job.privileged,
      ...own,
    },
  })
  if (trace) traceRequest(trace, { job, settings, env: Object.keys(env), added: ADDED_VARIABLES, create })
  return {
    pull: buildPull(job),
    name: job.name,
    platform: toPlatform(own.platform ?? null),
    create,
    networks: networks.slice(1),
    remove: job.auto_remove,
    streamOutput: job.stream_output,
  }
}

/** Our labels. */
function attemptLabels({ auto_remove, stream_output }: DockerJob, { key, server }: AttemptContext): Record<string, string> {
  return {
    [ATTEMPT_LABEL]: key,
    [SERVER_LABEL]: server,
    ...(auto_remove ? { [REMOVE_LABEL]: 'true' } : {}),
    ...(stream_output ? {} : { [QUIET_LABEL]: 'true' }),
  }
}

function toPlatform(value: JsonValue): string | null {
  if (!isTruthy(value)) return null
  if (typeof value === 'string') return value
  throw refuse('platform', 'text', value)
}

function userSettings(job: DockerJob): JsonObject {
  const settings = Object.entries(job.container_create_kwargs ?? {}).filter(([name]) => !JOB_FIELDS.includes(name))
  for (const [name] of settings) {
    if (!OWN_SETTINGS.includes(name)) continue
    const pointer = `/container_create_kwargs/${name}`
    throw new AedileError('template_invalid', { pointer, why: `${name} is set by the job's own field` })
  }
  return Object.fromEntries(settings)
}

/** The user's hosts over ours; as they are where we have none. */
function mergeHosts(gateway: Record<string, string> | null, given: JsonValue): JsonValue {
  if (!gateway || Object.keys(gateway).length === 0) return given ?? gateway
  if (isJsonObject(given)) return { ...gateway, ...given }
  if (!Array.isArray(given)) return gateway
  const hosts = new Map<string, JsonValue>(Object.entries(gateway))
  for (const entry of given) {
    if (typeof entry !== 'string') {
      const why = `expected lines such as host:ip, found ${JSON.stringify(entry)}`
      throw new AedileError('template_invalid', { pointer: '/container_create_kwargs/extra_hosts', why })
    }
    const colon = entry.indexOf(':')
    if (colon >= 0) hosts.set(entry.slice(0, colon), entry.slice(colon + 1))
  }
  return Object.fromEntries(hosts)
}

/** The handle of a request; the container's id and the Engine's address join it when the container exists. */
export function buildHandle(request: DockerRequest, facts: TargetFacts, attempt: AttemptContext): Handle {
  return {
    type: 'docker',
    target: facts.id,
    // Without a name the Engine chooses one; the attempt's label finds it.
    name: request.name ?? attempt.key,
    attempt: attempt.key,
    server: attempt.server,
    flowRunId: attempt.flowRunId,
    keep: !request.remove,
    graceSeconds: GRACE_SECONDS,
    native: {},
  }
}

/** `<address of the Engine>:<container id>`, once the driver knows both. */
export function toInfrastructurePid({ native }: Handle): string | null {
  const { baseUrl, containerId } = native
  return typeof baseUrl === 'string' && typeof containerId === 'string' ? `${baseUrl}:${containerId}` : null
}
