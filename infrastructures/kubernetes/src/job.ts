import { AedileError } from '@aedile/core/errors'
import type { Job } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { illTyped, toBoolean, toText } from '@aedile/core/templates/field-values'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { parse } from 'yaml'

/** An entry of a container's environment: a name with `value` or `valueFrom`. */
export type EnvironmentEntry = JsonObject & { name?: JsonValue }

/** The environment of a job: a mapping, or a list as Kubernetes writes it. */
export type Environment = Record<string, string | null> | EnvironmentEntry[]

/** The fields of a job that only this type has. */
export type KubernetesFields = {
  annotations: Record<string, string>
  namespace: string
  cluster_config: JsonObject | null
  job_watch_timeout_seconds: number | null
  pod_watch_timeout_seconds: number
  stream_output: boolean
}

/**
 * Checks and completes them as a genuine worker's configuration class does: what a template leaves out has its default.
 * @throws AedileError `template_invalid` with a JSON pointer.
 */
export function normalizeKubernetesFields(job: Job): KubernetesFields {
  const { annotations, namespace, cluster_config, job_watch_timeout_seconds: jobTimeout } = job
  const { pod_watch_timeout_seconds: podTimeout, stream_output } = job
  return {
    annotations: annotations === undefined ? {} : toAnnotations(annotations),
    namespace: namespace === undefined ? 'default' : toText('/namespace', namespace),
    cluster_config: cluster_config === undefined || cluster_config === null ? null : toClusterConfig(cluster_config),
    job_watch_timeout_seconds:
      jobTimeout === undefined || jobTimeout === null ? null : toInteger('/job_watch_timeout_seconds', jobTimeout),
    pod_watch_timeout_seconds: podTimeout === undefined ? 60 : toInteger('/pod_watch_timeout_seconds', podTimeout),
    stream_output: stream_output === undefined ? true : toBoolean('/stream_output', stream_output),
  }
}

function toAnnotations(value: JsonValue): Record<string, string> {
  if (!isJsonObject(value)) throw illTyped('/annotations', 'a mapping', value)
  for (const key of Object.keys(value)) toText(joinPointer('/annotations', key), value[key]!)
  return value as Record<string, string>
}

/** The document of a KubernetesClusterConfig block: a kubeconfig, also as YAML text, and the context to use of it. */
function toClusterConfig(value: JsonValue): JsonObject {
  if (!isJsonObject(value)) throw secretIllTyped('/cluster_config', 'a cluster config (a mapping)', value)
  const { config, context_name } = value
  const read = typeof config === 'string' ? parseKubeconfig(config) : config
  if (!isJsonObject(read)) throw secretIllTyped('/cluster_config/config', 'a kubeconfig (a mapping or YAML text)', read)
  const context = toText('/cluster_config/context_name', context_name!)
  return { ...value, config: read, context_name: context, block_type_slug: 'kubernetes-cluster-config' }
}

/** Genuine workers read YAML 1.1, where `yes` is true. The text itself is a secret and stays out of the message. */
function parseKubeconfig(text: string): JsonValue {
  try {
    return parse(text, { version: '1.1', schema: 'yaml-1.1' }) as JsonValue
  } catch {
    throw new AedileError('template_invalid', { pointer: '/cluster_config/config', why: 'its text is no YAML' })
  }
}

/** What pydantic takes for a whole number: also `"60"`, `60.0` and true. */
function toInteger(pointer: string, value: JsonValue): number {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' && Number.isInteger(value)) return value
  const isNumeral = typeof value === 'string' && /^\s*[+-]?\d+(_\d+)*(\.0+)?\s*$/.test(value)
  if (isNumeral) return Number(value.replaceAll('_', ''))
  throw illTyped(pointer, 'a whole number', value)
}

/** The refusal of a value that may be secret: it says of what kind the value is, and no more. */
export function secretIllTyped(pointer: string, expected: string, value: JsonValue | undefined): AedileError {
  const found = value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'a list' : KINDS[typeof value]
  return new AedileError('template_invalid', { pointer, why: `expected ${expected}, found ${found}` })
}

const KINDS: Record<string, string> = { string: 'text', number: 'a number', boolean: 'true or false', object: 'a mapping' }
