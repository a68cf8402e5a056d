import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { setEntry } from '@aedile/core/python-text'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { ATTEMPT_LABEL, SERVER_LABEL } from './attempt-labels.ts'
import type { EnvironmentEntry } from './job.ts'
import { slugifyName } from './label-slugs.ts'
import { CONTAINER, type Manifest } from './manifest.ts'
import type { SecretReference, SecretSettings } from './worker-settings.ts'

type Target = {
  namespace: string
  suffix: string
  settings: SecretSettings
  /** The container's environment as it was prepared, to tell where things come from. */
  prepared: readonly EnvironmentEntry[]
}

const API_KEY = 'PREFECT_API_KEY'
const AUTH_STRING = 'PREFECT_API_AUTH_STRING'
const JOB_CONTAINER = '/job/spec/template/spec/containers/0'
const NAME_LENGTH = 63

/**
 * Takes secrets out of the Job as a genuine worker with these settings does, and answers the Secrets that hold them.
 * Source: INF C.2, "Secrets at job creation".
 */
export function moveSecrets(manifest: Manifest, target: Target, trace: BuildTrace | undefined): JsonObject[] {
  const { container } = manifest
  const { apiKeySecret, createdApiKeySecret, apiAuthStringSecret, storeEnvAsSecret } = target.settings
  const secrets: JsonObject[] = []
  const key = findValue(container, API_KEY)
  if (apiKeySecret) refer(container, API_KEY, apiKeySecret, trace)
  else if (createdApiKeySecret && key) {
    secrets.push(buildApiKeySecret(createdApiKeySecret, key, target))
    tellSource('/secrets/0/data/value', API_KEY, target, trace)
    refer(container, API_KEY, { name: createdApiKeySecret, key: 'value' }, trace)
  }
  if (apiAuthStringSecret) refer(container, AUTH_STRING, apiAuthStringSecret, trace)
  const stored = storeEnvAsSecret ? storeEnvironment(manifest, target, `/secrets/${secrets.length}`, trace) : null
  return stored ? [...secrets, stored] : secrets
}

function entriesOf({ env }: JsonObject): EnvironmentEntry[] {
  return env as EnvironmentEntry[]
}

function findValue(container: JsonObject, name: string): string | null {
  const value = entriesOf(container).find((entry) => entry.name === name)?.value
  return typeof value === 'string' && value !== '' ? value : null
}

function refer(container: JsonObject, name: string, { name: secret, key }: SecretReference, trace: BuildTrace | undefined): void {
  container.env = entriesOf(container).map((entry, index) => {
    if (entry.name !== name) return entry
    trace?.added(`${JOB_CONTAINER}/env/${index}/valueFrom`, 'worker', '/facts/secrets')
    return { name, valueFrom: { secretKeyRef: { name: secret, key } } }
  })
}

function tellSource(to: string, name: string, { prepared }: Target, trace: BuildTrace | undefined): void {
  const from = prepared.findLastIndex((entry) => entry.name === name)
  if (from < 0) trace?.added(to, 'attempt', '/key')
  else trace?.copied(to, `${CONTAINER}/env/${from}/value`)
}

/** The worker's own Secret: written by each of its runs anew, removed when the worker ends. */
function buildApiKeySecret(name: string, key: string, { namespace }: Target): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: { value: toBase64(key) } }
}

/** The attempt's Secret with all plain values; the Job takes its environment from there. Null when there are none. */
function storeEnvironment(
  { metadata, container }: Manifest,
  target: Target,
  pointer: string,
  trace: BuildTrace | undefined,
): JsonObject | null {
  const { namespace, suffix, prepared } = target
  const values: JsonObject = {}
  const kept: JsonValue[] = []
  for (const entry of entriesOf(container)) {
    const { name, value } = entry
    if (Object.hasOwn(entry, 'valueFrom')) {
      const from = prepared.indexOf(entry)
      if (from >= 0) trace?.copied(`${JOB_CONTAINER}/env/${kept.length}`, `${CONTAINER}/env/${from}`)
      else trace?.added(`${JOB_CONTAINER}/env/${kept.length}`, 'worker', '/facts/secrets')
      kept.push(entry)
    } else if (typeof name === 'string' && name !== '' && value !== undefined) {
      setEntry(values, name, value)
      tellSource(joinPointer(`${pointer}/stringData`, name), name, target, trace)
    }
  }
  if (Object.keys(values).length === 0) return null
  const base = slugifyName(String(metadata.name).slice(0, -suffix.length - 1), NAME_LENGTH - '-env-'.length - suffix.length)
  const name = `${base}-env-${suffix}`
  const before = Array.isArray(container.envFrom) ? container.envFrom : []
  container.env = kept
  container.envFrom = [...before, { secretRef: { name } }]
  trace?.added(`${JOB_CONTAINER}/envFrom/${before.length}`, 'attempt', '/key')
  return { apiVersion: 'v1', kind: 'Secret', metadata: { labels: secretLabels(metadata), name, namespace }, stringData: values }
}

function secretLabels({ labels }: JsonObject): JsonObject {
  const kept = ['prefect.io/flow-run-id', ATTEMPT_LABEL, SERVER_LABEL]
  const own = isJsonObject(labels) ? Object.entries(labels).filter(([key]) => kept.includes(key)) : []
  return { 'app.kubernetes.io/managed-by': 'prefect', ...Object.fromEntries(own) }
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

/** JSON pointers in a prepared job whose values are secret: the kubeconfig of its cluster holds credentials. */
export function findSecretPointers(job: JsonObject): string[] {
  return isJsonObject(job.cluster_config) ? ['/cluster_config/config'] : []
}
