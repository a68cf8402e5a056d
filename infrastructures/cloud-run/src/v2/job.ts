import type { CommandContext, Job, RunContext } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { pickBaseFields } from '@aedile/core/templates/prepare'
import {
  completeContainer,
  type EnvironmentEntry,
  ensureList,
  ensureMapping,
  illShaped,
  prepareFields,
  toEntries,
  traceEntries,
} from '../container.ts'
import { normalizeCredentials } from '../credentials.ts'
import {
  readBoolean,
  readSeconds,
  readSecretOrNull,
  readSecrets,
  readText,
  readTextsOrNull,
  type SecretKeySelector,
} from '../fields.ts'
import { FollowingTrace } from '../following-trace.ts'
import { type BodyRule, readJobBody } from '../job-body.ts'
import { mergeLabels } from '../labels.ts'
import { Problems } from '../problems.ts'

/** The fields of a job that only this type has. */
type Fields = {
  credentials: Job[string]
  env_from_secrets: Record<string, SecretKeySelector>
  prefect_api_key_secret: SecretKeySelector | null
  prefect_api_auth_string_secret: SecretKeySelector | null
  cloudsql_instances: string[] | null
  job_body: JsonObject
  keep_job: boolean
  region: string
  timeout: number
}

const BODY: BodyRule = {
  missing: 'Job body is missing required components',
  required: { template: { template: { containers: [] } } },
}

const MAX_TIMEOUT_SECONDS = 604_800
const TASK = '/job_body/template/template'
/** Where the container is in a prepared job. */
export const CONTAINER = `${TASK}/containers/0`
const SECRETS = [
  ['PREFECT_API_KEY', 'prefect_api_key_secret'],
  ['PREFECT_API_AUTH_STRING', 'prefect_api_auth_string_secret'],
] as const

/** Prepares a job as a genuine worker's configuration class does. */
export function prepareJob(job: Job, context: RunContext | CommandContext, outer?: BuildTrace): Job {
  const trace = outer && new FollowingTrace(outer)
  const fields = normalizeFields(job)
  const prepared = prepareFields(job, context, trace)
  const body = structuredClone(fields.job_body)
  const task = taskOf(body)
  const container = containerOf(body)
  extendEnvironment(prepared, fields, container, trace)
  putLabels(prepared, body, trace)
  mountCloudSql(fields.cloudsql_instances, task, container, trace)
  completeContainer(container, CONTAINER, prepared, context, trace)
  task.timeout = `${fields.timeout}s`
  trace?.copied(`${TASK}/timeout`, '/timeout')
  if (isUnset(task.vpcAccess)) delete task.vpcAccess
  return { ...pickBaseFields(prepared), ...fields, job_body: body }
}

function normalizeFields(job: Job): Fields {
  const problems = new Problems()
  const { region = 'us-central1', timeout = 600, keep_job = false, env_from_secrets = {}, cloudsql_instances = [] } = job
  const { prefect_api_key_secret = null, prefect_api_auth_string_secret = null } = job
  const fields = {
    credentials: normalizeCredentials(job.credentials, problems),
    env_from_secrets: readSecrets(env_from_secrets, '/env_from_secrets', problems),
    prefect_api_key_secret: readSecretOrNull(prefect_api_key_secret, '/prefect_api_key_secret', problems),
    prefect_api_auth_string_secret: readSecretOrNull(prefect_api_auth_string_secret, '/prefect_api_auth_string_secret', problems),
    cloudsql_instances: readTextsOrNull(cloudsql_instances, '/cloudsql_instances', problems),
    job_body: readJobBody(job.job_body, BODY, problems),
    keep_job: readBoolean(keep_job, '/keep_job', problems),
    region: readText(region, '/region', problems),
    timeout: readSeconds(timeout, '/timeout', MAX_TIMEOUT_SECONDS, problems),
  }
  problems.throwIfAny()
  return fields
}

function taskOf(body: JsonObject): JsonObject {
  return (body.template as JsonObject).template as JsonObject
}

/** The first container of a body that was checked; the check takes an empty list, preparation cannot. */
export function containerOf(body: JsonObject): JsonObject {
  const [container] = taskOf(body).containers as JsonObject[]
  if (!isJsonObject(container)) throw illShaped(CONTAINER, 'a container', container)
  return container
}

/** The job's environment behind the container's own; a plain credential goes where a secret takes its place. */
function extendEnvironment(job: Job, fields: Fields, container: JsonObject, trace?: FollowingTrace): void {
  // A genuine worker needs the list to be there, if only empty.
  if (!Array.isArray(container.env)) throw illShaped(`${CONTAINER}/env`, 'a list, which may be empty', container.env)
  const entries = container.env
  const referred = SECRETS.filter(([name, field]) => fields[field] || Object.hasOwn(fields.env_from_secrets, name))
  const plain = toEntries(job.env, new Set(referred.map(([name]) => name)))
  traceEntries(plain, `${CONTAINER}/env`, entries.length, trace)
  entries.push(...(plain as JsonObject[]))
  const add = (name: string, secret: SecretKeySelector, from: string) => {
    traceSecret(`${CONTAINER}/env/${entries.length}`, from, trace)
    const entry: EnvironmentEntry = { name, valueSource: { secretKeyRef: { ...secret } } }
    entries.push(entry as JsonObject)
  }
  for (const [name, secret] of Object.entries(fields.env_from_secrets)) add(name, secret, joinPointer('/env_from_secrets', name))
  for (const [name, field] of SECRETS) if (fields[field]) add(name, fields[field], `/${field}`)
}

function traceSecret(entry: string, from: string, trace?: FollowingTrace): void {
  trace?.added(`${entry}/name`, 'type', from)
  trace?.copied(`${entry}/valueSource/secretKeyRef`, from)
}

/** On the job, and on its executions, which outlive it. */
function putLabels(job: Job, body: JsonObject, trace?: FollowingTrace): void {
  for (const [owner, at] of [
    [body, '/job_body'],
    [body.template as JsonObject, '/job_body/template'],
  ] as const) {
    const existing = ensureMapping(owner, 'labels', at) as Record<string, string>
    owner.labels = mergeLabels(job.labels, existing, `${at}/labels`, trace)
  }
}

/** The sockets of Cloud SQL instances are a volume; volumes and mounts that are there stay. */
function mountCloudSql(instances: string[] | null, task: JsonObject, container: JsonObject, trace?: FollowingTrace): void {
  if (!instances || instances.length === 0) return
  const volumes = ensureList(task, 'volumes', TASK)
  const mounts = ensureList(container, 'volumeMounts', CONTAINER)
  const volume = `${TASK}/volumes/${volumes.length}`
  trace?.added(volume, 'type', '/cloudsql_instances')
  trace?.copied(`${volume}/cloudSqlInstance/instances`, '/cloudsql_instances')
  trace?.added(`${CONTAINER}/volumeMounts/${mounts.length}`, 'type', '/cloudsql_instances')
  volumes.push({ name: 'cloudsql', cloudSqlInstance: { instances: [...instances] } })
  mounts.push({ name: 'cloudsql', mountPath: '/cloudsql' })
}

/** Access to a network counts as unset when it is empty, or is a connector that is null and nothing else. */
function isUnset(vpcAccess: Job[string] | undefined): boolean {
  if (!vpcAccess) return true
  if (typeof vpcAccess !== 'object' && typeof vpcAccess !== 'string') throw illShaped(`${TASK}/vpcAccess`, 'a mapping', vpcAccess)
  const keys = Object.keys(vpcAccess)
  return keys.length === 0 || (keys.length === 1 && isJsonObject(vpcAccess) && vpcAccess.connector === null)
}
