import { ADDED_VARIABLES, addAttemptEnvironment } from '@aedile/core/attempts/environment'
import { AedileError } from '@aedile/core/errors'
import type { AttemptContext, Handle, Job, TargetFacts } from '@aedile/core/infrastructure-definition'
import { isJsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { splitShellWords } from '@aedile/core/shell-words'
import { removedBy } from './removed-variables.ts'

/** Exactly what start() spawns. */
export type ProcessRequest = {
  /** Names the attempt's directory and its claim. */
  name: string
  /** The command as words; no shell reads it. */
  argv: string[]
  /** The whole environment: nothing is added to it but what a shell sets, PWD above all. */
  env: Record<string, string>
  /** Null: an empty directory of the attempt's own. */
  workingDirectory: string | null
  /** Otherwise output goes to the null device. */
  streamOutput: boolean
}

/** How long a process may take to end after it was asked to, as a genuine worker gives it. Source: INF A.4. */
const GRACE_SECONDS = 30

/** The spawn request of a prepared job: its fields, and the attempt key as marker and as fence. */
export function buildRequest(job: Job, facts: TargetFacts, attempt: AttemptContext, trace?: BuildTrace): ProcessRequest {
  const argv = splitShellWords(job.command ?? '')
  trace?.added('/name', 'attempt', '/key')
  trace?.copied('/argv', '/command')
  trace?.copied('/workingDirectory', '/working_dir')
  trace?.copied('/streamOutput', '/stream_output')
  for (const name of ADDED_VARIABLES) trace?.added(`/env/${name}`, 'attempt', '/key')
  if (argv.length === 0) throw new AedileError('infrastructure_failed', { what: 'Process cannot be run with empty command.' })
  return {
    name: attempt.key,
    argv,
    env: addAttemptEnvironment(toEnvironment(job, facts, attempt), attempt),
    workingDirectory: toAbsolute(job.working_dir, facts),
    streamOutput: job.stream_output !== false,
  }
}

/** The handle of a request; native ids join it when the process exists. */
export function buildHandle(request: ProcessRequest, facts: TargetFacts, attempt: AttemptContext): Handle {
  return {
    type: 'process',
    target: facts.id,
    name: request.name,
    attempt: attempt.key,
    server: attempt.server,
    flowRunId: attempt.flowRunId,
    keep: false,
    graceSeconds: GRACE_SECONDS,
    native: {},
  }
}

/** The executor of a genuine worker sets the run's id last, whatever the job says. Source: INF A.3. */
function toEnvironment(job: Job, facts: TargetFacts, attempt: AttemptContext): Record<string, string> {
  const inherited = isJsonObject(facts.inherited) ? facts.inherited : {}
  const isForeign = (name: string, value: string) => inherited[name] === value && !isOfThisRun(name, job)
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(job.env)) if (value !== null && !isForeign(name, value)) env[name] = value
  for (const name of removedBy(job)) delete env[name]
  if (attempt.flowRunId) env.PREFECT__FLOW_RUN_ID = attempt.flowRunId
  return env
}

/** True for what preparation itself told of the run, though the worker's own environment may say the same. */
function isOfThisRun(name: string, { labels }: Job): boolean {
  if (['PREFECT__FLOW_ID', 'PREFECT__FLOW_NAME'].includes(name)) return 'prefect.io/flow-id' in labels
  if (['PREFECT__DEPLOYMENT_ID', 'PREFECT__DEPLOYMENT_NAME'].includes(name)) return 'prefect.io/deployment-id' in labels
  return false
}

function toAbsolute(directory: unknown, facts: TargetFacts): string | null {
  if (typeof directory !== 'string' || directory === '') return null
  if (directory.startsWith('/') || typeof facts.directory !== 'string') return directory
  return directory === '.' ? facts.directory : `${facts.directory}/${directory}`
}
