import type { AttemptContext, Handle, Job, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { slugify } from '@aedile/core/slug'
import { addAttemptEntries, addAttemptLabels, nameSuffix } from '../attempt-additions.ts'
import { projectOf } from '../credentials.ts'
import { buildHandle as buildAnyHandle, type CloudRunRequest, tracePlaces, validateAddress } from '../rest-request.ts'
import { CONTAINER, containerOf } from './job.ts'

/** A genuine worker's names end in so many hexadecimal digits; with the dash before them, the rest has 55 characters. */
const SUFFIX_DIGITS = 7
const NAME_LENGTH = 55

/** What start() sends for a prepared job: its body with our additions for this attempt, and the call that runs it. */
export function buildRequest(job: Job, facts: TargetFacts, attempt: AttemptContext, trace?: BuildTrace): CloudRunRequest {
  const region = String(job.region)
  const project = projectOf(job, facts)
  validateAddress(region, project, attempt)
  const slug = slugify(job.name ?? '', { maxLength: NAME_LENGTH }) || 'flow-run'
  const name = `${slug}-${nameSuffix(attempt, SUFFIX_DIGITS)}`
  const jobs = `https://run.googleapis.com/v2/projects/${project}/locations/${region}/jobs`
  const body = addToBody(job, attempt, trace)
  tracePlaces(job, trace)
  return {
    name,
    project,
    region,
    keepJob: job.keep_job === true,
    create: { method: 'POST', url: `${jobs}?jobId=${name}`, body },
    run: { method: 'POST', url: `${jobs}/${name}:run`, body: null },
  }
}

/** The handle of a request. */
export function buildHandle(request: CloudRunRequest, facts: TargetFacts, attempt: AttemptContext): Handle {
  return buildAnyHandle('cloud-run-v2', request, facts, attempt)
}

function addToBody(job: Job, attempt: AttemptContext, trace?: BuildTrace): JsonObject {
  const at = '/create/body'
  trace?.copied(at, '/job_body')
  const body = structuredClone(job.job_body) as JsonObject
  const execution = body.template as JsonObject
  body.labels = addAttemptLabels(body.labels as JsonObject, job, attempt, `${at}/labels`, trace)
  execution.labels = addAttemptLabels(execution.labels as JsonObject, job, attempt, `${at}/template/labels`, trace)
  const container = containerOf(body)
  const entries = CONTAINER.replace('/job_body', at)
  container.env = addAttemptEntries(container.env as JsonObject[], attempt, `${entries}/env`, trace)
  return body
}
