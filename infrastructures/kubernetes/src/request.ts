import { addAttemptEntries } from '@aedile/core/attempts/environment'
import type { AttemptContext, Handle, Job, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { ATTEMPT_LABEL, SERVER_LABEL } from './attempt-labels.ts'
import type { EnvironmentEntry } from './job.ts'
import { slugifyLabelValue, slugifyName } from './label-slugs.ts'
import { CONTAINER, MANIFEST, type Manifest, openManifest } from './manifest.ts'
import { moveSecrets } from './secrets.ts'
import type { SecretSettings } from './worker-settings.ts'

/** Exactly what start() sends: the Secrets, then the Job. */
export type KubernetesRequest = {
  /** The namespace of the path; a manifest with another one is refused by Kubernetes, as from a genuine worker. */
  namespace: string
  secrets: JsonObject[]
  job: JsonObject
}

/** How long a pod may take to end after it was asked to, as a genuine worker gives it. Source: INF C.4. */
const GRACE_SECONDS = 30
/** A Job's name becomes a label of its pods. */
const NAME_LENGTH = 63
const SUFFIX_LENGTH = 12

/**
 * The Job of a prepared job, and exactly our additions for this attempt: labels, a name that is the same each time, the
 * fence. Where the worker keeps secrets out of Jobs, also the Secrets that take them.
 */
export function buildRequest(job: Job, facts: TargetFacts, attempt: AttemptContext, trace?: BuildTrace): KubernetesRequest {
  const manifest = openManifest(job.job_manifest, 'default')
  const suffix = toSuffix(attempt.key)
  trace?.copied('/job', MANIFEST)
  nameJob(manifest.metadata, suffix, trace)
  label(manifest, attempt, trace)
  const prepared = addEnvironment(manifest, attempt, trace)
  const namespace = typeof job.namespace === 'string' ? job.namespace : 'default'
  const secrets = moveSecrets(manifest, { namespace, suffix, settings: toSettings(facts), prepared }, trace)
  return { namespace, secrets, job: manifest.root }
}

/** The handle of a request, known before anything is sent. */
export function buildHandle({ namespace, job }: KubernetesRequest, facts: TargetFacts, attempt: AttemptContext): Handle {
  return {
    type: 'kubernetes',
    target: facts.id,
    name: String((job.metadata as JsonObject).name),
    attempt: attempt.key,
    server: attempt.server,
    flowRunId: attempt.flowRunId,
    // Kubernetes itself removes a finished Job, when its `ttlSecondsAfterFinished` says so.
    keep: true,
    graceSeconds: GRACE_SECONDS,
    native: { namespace },
  }
}

/** `namespace:name`, as a genuine worker writes it. */
export function toInfrastructurePid({ name, native }: Handle): string | null {
  return typeof native.namespace === 'string' ? `${native.namespace}:${name}` : null
}

/** The last digits of the key, which are random; what stands for a key in a preview stays as it is. */
function toSuffix(key: string): string {
  return isStandIn(key) ? key : key.replaceAll('-', '').slice(-SUFFIX_LENGTH).toLowerCase()
}

/** `<attempt>` and the like. */
function isStandIn(text: string): boolean {
  return text.startsWith('<') && text.endsWith('>')
}

/** A name of its own in place of `generateName`, so that starting twice is starting once. */
function nameJob(metadata: JsonObject, suffix: string, trace: BuildTrace | undefined): void {
  const given = typeof metadata.name === 'string' && metadata.name !== '' ? metadata.name : metadata.generateName
  const base = slugifyName(String(given ?? ''), NAME_LENGTH - SUFFIX_LENGTH - 1) || 'prefect-job'
  delete metadata.generateName
  metadata.name = `${base}-${suffix}`
  trace?.added('/job/metadata/name', 'attempt', '/key')
}

function label({ metadata, template }: Manifest, { key, server }: AttemptContext, trace: BuildTrace | undefined): void {
  const serverLabel = isStandIn(server) ? server : slugifyLabelValue(server)
  const labels = { [ATTEMPT_LABEL]: key, [SERVER_LABEL]: serverLabel }
  const pod: JsonObject = { ...(template.metadata as JsonObject) }
  template.metadata = pod
  for (const [at, object] of [
    ['/job/metadata', metadata],
    ['/job/spec/template/metadata', pod],
  ] as const) {
    object.labels = { ...(object.labels as JsonObject), ...labels }
    trace?.added(joinPointer(`${at}/labels`, ATTEMPT_LABEL), 'attempt', '/key')
    trace?.added(joinPointer(`${at}/labels`, SERVER_LABEL), 'attempt', '/server')
  }
  if (serverLabel === server) return
  // A server may be known by its URL only, which no label can hold.
  metadata.annotations = { ...(metadata.annotations as JsonObject), [SERVER_LABEL]: server }
  trace?.added(joinPointer('/job/metadata/annotations', SERVER_LABEL), 'attempt', '/server')
}

/** Answers the environment as it was. */
function addEnvironment({ container }: Manifest, attempt: AttemptContext, trace: BuildTrace | undefined): EnvironmentEntry[] {
  const before = (Array.isArray(container.env) ? container.env : []) as EnvironmentEntry[]
  const entries = addAttemptEntries(before, attempt)
  container.env = entries
  for (const [index, entry] of entries.entries()) {
    const at = `/job/spec/template/spec/containers/0/env/${index}`
    const from = before.indexOf(entry as EnvironmentEntry)
    if (from >= 0) {
      if (from !== index) trace?.copied(at, `${CONTAINER}/env/${from}`)
      continue
    }
    trace?.added(`${at}/name`, 'attempt', '/key')
    trace?.added(`${at}/value`, 'attempt', '/key')
  }
  return before
}

const NO_SECRETS: SecretSettings = {
  apiKeySecret: null,
  createdApiKeySecret: null,
  apiAuthStringSecret: null,
  storeEnvAsSecret: false,
}

function toSettings({ secrets }: TargetFacts): SecretSettings {
  return { ...NO_SECRETS, ...(secrets as Partial<SecretSettings> | undefined) }
}
