import { AedileError } from '@aedile/core/errors'
import type { AttemptContext, Handle, Job, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { PREVIEW_ATTEMPT } from '@aedile/core/rendering/preview-words'
import { quoteShellWord } from '@aedile/core/shell-words'
import { namesProject } from './credentials.ts'

/** One call of Google's REST interface. */
export type RestCall = { method: 'POST'; url: string; body: JsonObject | null }

/** Exactly what start() sends: the job is made, and when it is ready, run. Credentials go beside it. */
export type CloudRunRequest = {
  /** The job's name on Cloud Run. */
  name: string
  project: string
  region: string
  keepJob: boolean
  create: RestCall
  run: RestCall
}

/** As long as a genuine worker gives; Cloud Run itself gives ten seconds. */
const GRACE_SECONDS = 30

/** The handle of a request; the execution's name joins it when it runs. With project and region it suffices for all later calls. */
export function buildHandle(type: string, request: CloudRunRequest, facts: TargetFacts, attempt: AttemptContext): Handle {
  return {
    type,
    target: facts.id,
    name: request.name,
    attempt: attempt.key,
    server: attempt.server,
    flowRunId: attempt.flowRunId,
    keep: request.keepJob,
    graceSeconds: GRACE_SECONDS,
    native: { project: request.project, region: request.region },
  }
}

/** Tells where the parts of a request come from that are no part of a body. */
export function tracePlaces(job: Job, trace?: BuildTrace): void {
  trace?.added('/name', 'attempt', '/key')
  trace?.copied('/region', '/region')
  trace?.copied('/keepJob', '/keep_job')
  if (namesProject(job)) trace?.copied('/project', '/credentials/project')
  else trace?.added('/project', 'type', '/facts/project')
}

/** The job's name alone, as a genuine worker stores it; known once an execution is. */
export function toInfrastructurePid(handle: Handle): string | null {
  return typeof handle.native.execution === 'string' ? handle.name : null
}

/** The calls as lines for a shell in which TOKEN holds an access token. */
export function toShell({ create, run }: CloudRunRequest): string[] {
  return [toCurl(create), '# When the job is ready:', toCurl(run)]
}

function toCurl({ method, url, body }: RestCall): string {
  const words = ['curl', '--fail-with-body', '-X', method, quoteShellWord(url), '-H', '"Authorization: Bearer $TOKEN"']
  if (body === null) return [...words, '-d', "''"].join(' ')
  return [...words, '-H', "'Content-Type: application/json'", '-d', quoteShellWord(JSON.stringify(body))].join(' ')
}

/**
 * Refuses what cannot be a region or a project: both become parts of addresses that an access token is sent to. A preview, which
 * sends nothing, may have a reference there that was not looked up.
 * @throws AedileError `template_invalid`.
 */
export function validateAddress(region: string, project: string, { key }: AttemptContext): void {
  const isPreview = key === PREVIEW_ATTEMPT
  const isFit = (text: string, form: RegExp) => form.test(text) || (isPreview && /^<[a-z]+>$|\{\{ *prefect\./.test(text))
  if (!isFit(region, /^[a-z0-9-]+$/)) throw invalid('/region', 'a region such as us-central1', region)
  if (isFit(project, /^[a-z0-9.:-]+$/)) return
  throw invalid('/credentials/project', 'the id of a project, which the credentials or the worker name', project)
}

function invalid(pointer: string, expected: string, found: string): AedileError {
  return new AedileError('template_invalid', {
    pointer,
    pointers: [pointer],
    why: `expected ${expected}, found ${JSON.stringify(found)}`,
  })
}
