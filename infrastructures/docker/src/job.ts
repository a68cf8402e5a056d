import { AedileError } from '@aedile/core/errors'
import type { Job } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { DEFAULT_IMAGE } from '@aedile/core/templates/default-image'
import { illTyped, toBoolean, toMappingOrNull, toText, toTextOrNull, toTexts } from '@aedile/core/templates/field-values'
import type { PullPolicy } from './image.ts'
import { findVolumeFault } from './volumes.ts'

/** Who logs in to a registry: the block `docker-registry-credentials`. */
export type RegistryCredentials = {
  username: string
  password: string
  registry_url: string
  reauth: boolean
  [more: string]: JsonValue
}

/** The fields of a job that only this type has, in a genuine configuration's order. */
export type DockerFields = {
  image: string
  registry_credentials: RegistryCredentials | null
  image_pull_policy: PullPolicy | null
  networks: string[]
  network_mode: string | null
  auto_remove: boolean
  volumes: string[]
  stream_output: boolean
  mem_limit: string | null
  memswap_limit: string | null
  privileged: boolean
  container_create_kwargs: JsonObject | null
}

/** A job with all fields of the type: what preparation gives and the request takes. */
export type DockerJob = Pick<Job, 'command' | 'env' | 'labels' | 'name'> & DockerFields

/**
 * Checks and completes the type's own fields as a genuine worker's configuration class does: what a template leaves out
 * has its default, and what the class does not know is no part of the job.
 * @throws AedileError `template_invalid` with a JSON pointer.
 */
export function normalizeDockerFields(job: Job): DockerFields {
  return {
    image: toText('/image', job.image ?? (job.image === null ? null : DEFAULT_IMAGE)),
    registry_credentials: toCredentials(job.registry_credentials ?? null),
    image_pull_policy: toPullPolicy(job.image_pull_policy ?? null),
    networks: toTexts('/networks', orDefault(job.networks, [])),
    network_mode: toTextOrNull('/network_mode', job.network_mode ?? null),
    auto_remove: toBoolean('/auto_remove', orDefault(job.auto_remove, false)),
    volumes: toVolumes(orDefault(job.volumes, [])),
    stream_output: toBoolean('/stream_output', orDefault(job.stream_output, true)),
    mem_limit: toTextOrNull('/mem_limit', job.mem_limit ?? null),
    memswap_limit: toTextOrNull('/memswap_limit', job.memswap_limit ?? null),
    privileged: toBoolean('/privileged', orDefault(job.privileged, false)),
    container_create_kwargs: toMappingOrNull('/container_create_kwargs', job.container_create_kwargs ?? null),
  }
}

/** Null is a value; only what is missing has a default. */
function orDefault(value: JsonValue | undefined, missing: JsonValue): JsonValue {
  return value === undefined ? missing : value
}

const PULL_POLICIES: readonly string[] = ['IfNotPresent', 'Always', 'IfPossible', 'Never'] satisfies PullPolicy[]

function toPullPolicy(value: JsonValue): PullPolicy | null {
  if (value === null) return null
  if (typeof value === 'string' && PULL_POLICIES.includes(value)) return value as PullPolicy
  throw illTyped('/image_pull_policy', PULL_POLICIES.join(', '), value)
}

function toVolumes(value: JsonValue): string[] {
  return toTexts('/volumes', value).map((volume, index) => {
    const why = findVolumeFault(volume)
    if (why) throw new AedileError('template_invalid', { pointer: `/volumes/${index}`, why })
    return volume.trim()
  })
}

const CREDENTIALS_TYPE = 'docker-registry-credentials'

function toCredentials(value: JsonValue): RegistryCredentials | null {
  if (value === null) return null
  if (!isJsonObject(value)) throw illTyped('/registry_credentials', 'a mapping', value)
  const { username, password, registry_url, reauth = true, ...more } = value
  const { block_type_slug = CREDENTIALS_TYPE } = more
  if (block_type_slug !== CREDENTIALS_TYPE) {
    throw illTyped('/registry_credentials/block_type_slug', CREDENTIALS_TYPE, block_type_slug)
  }
  const text = (key: string, given: JsonValue | undefined) => {
    const pointer = `/registry_credentials/${key}`
    if (typeof given === 'string') return given
    // What came may be a secret that stands in the wrong place.
    throw new AedileError('template_invalid', {
      pointer,
      why: given === undefined ? 'expected text, found nothing' : 'expected text, found another type',
    })
  }
  return {
    username: text('username', username),
    password: text('password', password),
    registry_url: text('registry_url', registry_url),
    reauth: toBoolean('/registry_credentials/reauth', reauth),
    ...more,
    block_type_slug,
  }
}
