import type { AttemptContext, Handle, Job, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { slugify } from '@aedile/core/slug'
import { addAttemptEntries, addAttemptLabels, nameSuffix } from '../attempt-additions.ts'
import { projectOf } from '../credentials.ts'
import { buildHandle as buildAnyHandle, type CloudRunRequest, tracePlaces, validateAddress } from '../rest-request.ts'
import { CONTAINER, containerOf, givenName, NAME_LENGTH } from './job.ts'

/** What start() sends for a prepared job: its body with our additions for this attempt, and the call that runs it. */
export function buildRequest(job: Job, facts: TargetFacts, attempt: AttemptContext, trace?: BuildTrace): CloudRunRequest {
  const region = String(job.region)
  const project = projectOf(job, facts)
  validateAddress(region, project, attempt)
  const name = `${slugify(givenName(job), { maxLength: NAME_LENGTH }) || 'flow-run'}-${nameSuffix(attempt)}`
  const jobs = `https://${region}-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/${project}/jobs`
  const body = addToBody(job, name, attempt, trace)
  tracePlaces(job, trace)
  return {
    name,
    project,
    region,
    keepJob: job.keep_job === true,
    create: { method: 'POST', url: jobs, body },
    run: { method: 'POST', url: `${jobs}/${name}:run`, body: null },
  }
}

/** The handle of a request. */
export function buildHandle(request: CloudRunRequest, facts: TargetFacts, attempt: AttemptContext): Handle {
  return buildAnyHandle('cloud-run', request, facts, attempt)
}

function addToBody(job: Job, name: string, attempt: AttemptContext, trace?: BuildTrace): JsonObject {
  const at = '/create/body'
  trace?.copied(at, '/job_body')
  const body = structuredClone(job.job_body) as JsonObject
  const metadata = body.metadata as JsonObject
  const execution = ((body.spec as JsonObject).template as JsonObject).metadata as JsonObject
  metadata.name = name
  trace?.added(`${at}/metadata/name`, 'attempt', '/key')
  metadata.labels = addAttemptLabels(metadata.labels as JsonObject, job, attempt, `${at}/metadata/labels`, trace)
  execution.labels = addAttemptLabels(execution.labels as JsonObject, job, attempt, `${at}/spec/template/metadata/labels`, trace)
  const container = containerOf(body)
  const entries = CONTAINER.replace('/job_body', at)
  container.env = addAttemptEntries(container.env as JsonObject[], attempt, `${entries}/env`, trace)
  return body
}
