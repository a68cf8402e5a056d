import type { CommandContext, Job, RunContext } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { PREVIEW_ATTEMPT } from '@aedile/core/rendering/preview-words'
import { slugify } from '@aedile/core/slug'
import { pickBaseFields } from '@aedile/core/templates/prepare'
import { completeContainer, type EnvironmentEntry, ensureMapping, prepareFields, toEntries, traceEntries } from '../container.ts'
import { normalizeCredentials } from '../credentials.ts'
import { readBoolean, readSeconds, readSecretOrNull, readText, type SecretKeySelector } from '../fields.ts'
import { FollowingTrace } from '../following-trace.ts'
import { type BodyRule, readJobBody } from '../job-body.ts'
import { mergeLabels } from '../labels.ts'
import { Problems } from '../problems.ts'

/** The fields of a job that only this type has. */
type Fields = {
  region: string
  credentials: Job[string]
  prefect_api_key_secret: SecretKeySelector | null
  prefect_api_auth_string_secret: SecretKeySelector | null
  job_body: JsonObject
  timeout: number | null
  keep_job: boolean | null
}

const BODY: BodyRule = {
  missing: 'Job is missing required attributes at the following paths',
  required: {
    apiVersion: 'run.googleapis.com/v1',
    kind: 'Job',
    metadata: { annotations: { 'run.googleapis.com/launch-stage': 'BETA' } },
    spec: { template: { spec: { template: { spec: { containers: [{}] } } } } },
  },
}

const MAX_TIMEOUT_SECONDS = 3600
/** Leaves room for a dash and 32 digits in the 63 characters that Cloud Run allows. */
export const NAME_LENGTH = 30

/** Where the container is in a prepared job. */
export const CONTAINER = '/job_body/spec/template/spec/template/spec/containers/0'
const SECRETS = [
  ['PREFECT_API_KEY', 'prefect_api_key_secret'],
  ['PREFECT_API_AUTH_STRING', 'prefect_api_auth_string_secret'],
] as const

/** Prepares a job as a genuine worker's configuration class does. What its random suffix is, is `<attempt>` here. */
export function prepareJob(job: Job, context: RunContext | CommandContext, outer?: BuildTrace): Job {
  const trace = outer && new FollowingTrace(outer)
  const fields = normalizeFields(job)
  const prepared = prepareFields(job, context, trace)
  const body = structuredClone(fields.job_body)
  const container = containerOf(body)
  container.env = buildEnvironment(prepared, fields, trace)
  putLabels(prepared, body, trace)
  completeContainer(container, CONTAINER, prepared, context, trace)
  nameJob(prepared, body.metadata as JsonObject, trace)
  return { ...pickBaseFields(prepared), ...fields, job_body: body }
}

function normalizeFields(job: Job): Fields {
  const problems = new Problems()
  const { region = 'us-central1', timeout = 600, keep_job = false } = job
  const { prefect_api_key_secret = null, prefect_api_auth_string_secret = null } = job
  const fields = {
    region: readText(region, '/region', problems),
    credentials: job.credentials === null ? null : normalizeCredentials(job.credentials, problems),
    prefect_api_key_secret: readSecretOrNull(prefect_api_key_secret, '/prefect_api_key_secret', problems),
    prefect_api_auth_string_secret: readSecretOrNull(prefect_api_auth_string_secret, '/prefect_api_auth_string_secret', problems),
    job_body: readJobBody(job.job_body, BODY, problems),
    timeout: timeout === null ? null : readSeconds(timeout, '/timeout', MAX_TIMEOUT_SECONDS, problems),
    keep_job: keep_job === null ? null : readBoolean(keep_job, '/keep_job', problems),
  }
  problems.throwIfAny()
  return fields
}

/** The first container of a body that was checked. */
export function containerOf(body: JsonObject): JsonObject {
  type Spec = { template: Spec; spec: Spec; containers: JsonObject[] }
  return (body as unknown as Spec).spec.template.spec.template.spec.containers[0]!
}

/** The job's environment as a list, in place of the container's own; secrets by reference at its end. */
function buildEnvironment(job: Job, fields: Fields, trace?: FollowingTrace): JsonObject[] {
  const given = SECRETS.filter(([, field]) => fields[field] !== null)
  const plain = toEntries(job.env, new Set(given.map(([name]) => name)))
  traceEntries(plain, `${CONTAINER}/env`, 0, trace)
  const secret = given.map(([name, field], index): EnvironmentEntry => {
    traceSecret(`${CONTAINER}/env/${plain.length + index}`, field, trace)
    const { secret, version } = fields[field]!
    return { name, valueFrom: { secretKeyRef: { name: secret, key: version } } }
  })
  return [...plain, ...secret] as JsonObject[]
}

function traceSecret(entry: string, field: string, trace?: FollowingTrace): void {
  trace?.added(`${entry}/name`, 'type', `/${field}`)
  trace?.copied(`${entry}/valueFrom/secretKeyRef/name`, `/${field}/secret`)
  trace?.copied(`${entry}/valueFrom/secretKeyRef/key`, `/${field}/version`)
}

/** On the job, and on its executions, which outlive it. */
function putLabels(job: Job, body: JsonObject, trace?: FollowingTrace): void {
  const execution = (body.spec as JsonObject).template as JsonObject
  for (const [metadata, at] of [
    [ensureMapping(body, 'metadata', '/job_body'), '/job_body/metadata'],
    [ensureMapping(execution, 'metadata', '/job_body/spec/template'), '/job_body/spec/template/metadata'],
  ] as const) {
    const existing = ensureMapping(metadata, 'labels', at) as Record<string, string>
    metadata.labels = mergeLabels(job.labels, existing, `${at}/labels`, trace)
  }
}

/** A name that the body has stays as it is, whatever it is. */
function nameJob(job: Job, metadata: JsonObject, trace?: FollowingTrace): void {
  if (Object.hasOwn(metadata, 'name')) return
  const slug = slugify(job.name ?? '', { maxLength: NAME_LENGTH }) || 'None'
  metadata.name = `${slug}-${PREVIEW_ATTEMPT}`
  trace?.copied('/job_body/metadata/name', '/name')
}

/** What a job's name on Cloud Run is made of: the name that its body was given, where that is one; else the job's own. */
export function givenName(job: Job): string {
  const metadata = isJsonObject(job.job_body) && isJsonObject(job.job_body.metadata) ? job.job_body.metadata : {}
  const { name } = metadata
  const isOwn = typeof name !== 'string' || name === '' || name.includes('{{') || name.endsWith(PREVIEW_ATTEMPT)
  return (isOwn ? job.name : name) ?? ''
}
