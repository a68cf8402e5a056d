import { AedileError } from '../errors.ts'
import type { Job, RunContext } from '../infrastructure-definition.ts'
import { isTruthy, pythonStr, SourceNumber, setEntry, type TemplateValue } from '../python-text.ts'
import type { BuildTrace } from '../rendering/build-trace.ts'
import type { FlowRun } from '../resources/flow-run.ts'
import { joinShellWords } from '../shell-words.ts'
import { formatPythonIso, parseTimestamp } from '../time.ts'
import { applyValues } from './apply-values.ts'
import { joinPointer } from './placeholders.ts'

/** The version that the label `prefect.io/version` carries: of the genuine workers that ours equal. */
export const PREFECT_VERSION = '3.8.8'

/** What a genuine worker of most types runs for a flow run. */
export const FLOW_RUN_COMMAND = 'prefect flow-run execute'

/**
 * Adds what the run and the worker bring: environment, labels, name, command. Later ones are stronger, the user's
 * strongest; then null entries of `env` are removed. `pythonCommand` is what a genuine worker of the type runs; `trace` hears
 * what was added.
 */
export function prepareBase(job: Job, context: RunContext, pythonCommand: string = FLOW_RUN_COMMAND, trace?: BuildTrace): Job {
  if (Array.isArray(job.env)) {
    throw new AedileError('template_invalid', { pointer: '/env', why: 'expected a mapping, found a list' })
  }
  const attribution = attributionEnvironment(context)
  const labels = runLabels(context)
  const env: Record<string, string> = {}
  for (const given of [context.worker.settings, attribution, job.env]) {
    for (const key of Object.keys(given)) {
      const value = given[key]
      if (value !== null && value !== undefined) setEntry(env, key, value)
      else delete env[key]
    }
  }
  const name = renderName(job.name, context)
  if (trace) traceBase(job, context, { attribution, labels, name }, trace)
  return {
    ...job,
    command: job.command || flowRunCommand(context, pythonCommand),
    env,
    labels: { ...labels, ...job.labels },
    name: name || context.flowRun.name,
  }
}

/** The environment of a single command: later ones are stronger, the user's strongest; null removes. */
export function commandEnvironment(...layers: (Record<string, string | null> | undefined)[]): Record<string, string> {
  const env: Record<string, string> = {}
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer ?? {})) {
      if (value === null) delete env[key]
      else setEntry(env, key, value)
    }
  }
  return env
}

type Added = { attribution: Record<string, string>; labels: Record<string, string>; name: string | null }

function traceBase(job: Job, { worker }: RunContext, { attribution, labels, name }: Added, trace: BuildTrace): void {
  const tell = (field: 'env' | 'labels', keys: object, sourceOf: (key: string) => Source) => {
    for (const key of Object.keys(keys)) {
      if (Object.hasOwn(job[field] ?? {}, key)) continue
      const [layer, path] = sourceOf(key)
      trace.added(joinPointer(field === 'env' ? '/env' : '/labels', key), layer, path)
    }
  }
  tell('env', worker.settings, (key) => ['worker', joinPointer('/settings', key)])
  tell('env', attribution, (key) => sourceOf(ATTRIBUTION_SOURCES, key))
  tell('labels', labels, (key) => sourceOf(LABEL_SOURCES, key))
  if (!job.command) trace.added('/command', 'type', '/command')
  if (!name) trace.added('/name', 'run', '/flow_run/name')
}

type Source = ['run' | 'worker' | 'type', string]

const ATTRIBUTION_SOURCES: Record<string, Source> = {
  PREFECT__FLOW_RUN_ID: ['run', '/flow_run/id'],
  PREFECT__WORKER_ID: ['worker', '/id'],
  PREFECT__WORKER_NAME: ['worker', '/name'],
  PREFECT__FLOW_ID: ['run', '/flow_run/flow_id'],
  PREFECT__FLOW_NAME: ['run', '/flow/name'],
  PREFECT__DEPLOYMENT_ID: ['run', '/flow_run/deployment_id'],
  PREFECT__DEPLOYMENT_NAME: ['run', '/deployment/name'],
}

const LABEL_SOURCES: Record<string, Source> = {
  'prefect.io/flow-run-id': ['run', '/flow_run/id'],
  'prefect.io/flow-run-name': ['run', '/flow_run/name'],
  'prefect.io/version': ['type', '/version'],
  'prefect.io/work-pool-name': ['run', '/work_pool/name'],
  'prefect.io/work-pool-id': ['run', '/work_pool/id'],
  'prefect.io/worker-name': ['worker', '/name'],
  'prefect.io/flow-id': ['run', '/flow/id'],
  'prefect.io/flow-name': ['run', '/flow/name'],
  'prefect.io/deployment-id': ['run', '/deployment/id'],
  'prefect.io/deployment-name': ['run', '/deployment/name'],
  'prefect.io/deployment-updated': ['run', '/deployment/updated'],
}

function sourceOf(sources: Record<string, Source>, key: string): Source {
  return sources[key] ?? ['run', joinPointer('', key)]
}

/** The fields that jobs of all types have. What a type does not know besides, a genuine worker drops. */
export function pickBaseFields({ name, env, labels, command }: Job): Job {
  return { command, env, labels, name }
}

/**
 * The command for the run's entrypoint: ours for TypeScript and JavaScript, else the genuine one. What is started in an
 * image finds ours there: the worker's own path means nothing in it.
 */
export function flowRunCommand({ deployment, worker }: RunContext, pythonCommand: string): string {
  if (!isScriptEntrypoint(deployment?.entrypoint)) return pythonCommand
  return pythonCommand === FLOW_RUN_COMMAND ? IMAGE_COMMAND : joinShellWords(worker.executeCommand)
}

/** The counterpart of the flow-run command for images: the program that `@aedile/sdk` brings. */
const IMAGE_COMMAND = 'aedile-execute'

/** True for an entrypoint in `.ts`, `.mts`, `.js` or `.mjs`, with or without `:name`. */
export function isScriptEntrypoint(entrypoint: string | null | undefined): boolean {
  return /\.m?[tj]s(:[^:/\\]*)?$/.test(entrypoint ?? '')
}

/** Who the run belongs to, as variables; each only when known. */
export function attributionEnvironment({ flowRun, flow, deployment, worker }: RunContext): Record<string, string> {
  return withoutUnknown({
    PREFECT__FLOW_RUN_ID: flowRun.id,
    PREFECT__WORKER_ID: worker.id,
    PREFECT__WORKER_NAME: worker.name || null,
    PREFECT__FLOW_ID: flowRun.flow_id,
    PREFECT__FLOW_NAME: flow?.name,
    PREFECT__DEPLOYMENT_ID: flowRun.deployment_id,
    PREFECT__DEPLOYMENT_NAME: deployment?.name,
  })
}

/** The labels of a run. Their order matters where a platform allows only so many. */
export function runLabels({ flowRun, flow, deployment, workPool, worker }: RunContext): Record<string, string> {
  const updated = parseTimestamp(deployment?.updated)
  return withoutUnknown({
    'prefect.io/flow-run-id': flowRun.id,
    'prefect.io/flow-run-name': flowRun.name,
    'prefect.io/version': PREFECT_VERSION,
    'prefect.io/work-pool-name': workPool?.name,
    'prefect.io/work-pool-id': workPool?.id,
    'prefect.io/worker-name': worker.name || null,
    'prefect.io/flow-id': flow?.id,
    'prefect.io/flow-name': flow?.name,
    'prefect.io/deployment-id': deployment?.id,
    'prefect.io/deployment-name': deployment?.name,
    'prefect.io/deployment-updated': updated === null ? undefined : formatPythonIso(updated),
  })
}

/** Fills `ctx.flow` and `ctx.flow_run` in a name. A name that is one unknown placeholder stays as written. */
export function renderName(name: string | null, { flow, flowRun, worker }: RunContext): string | null {
  if (!name) return null
  if (!name.includes('{{')) return name
  const ctx = { flow: flow ?? {}, flow_run: withFloats(flowRun) }
  const environment = worker.processEnvironment
  const rendered = applyValues(name, { ctx } as { [key: string]: TemplateValue }, { environment })
  if (rendered === undefined) return name
  return isTruthy(rendered) ? pythonStr(rendered) : null
}

/** The fields that Python holds as floats, so that they print as `0.0`. */
function withFloats(flowRun: FlowRun): { [field: string]: unknown } {
  return {
    ...flowRun,
    empirical_policy: {
      ...flowRun.empirical_policy,
      retry_delay_seconds: toFloat(flowRun.empirical_policy?.retry_delay_seconds ?? 0),
    },
    total_run_time: toFloat(flowRun.total_run_time),
    estimated_run_time: toFloat(flowRun.estimated_run_time),
    estimated_start_time_delta: toFloat(flowRun.estimated_start_time_delta),
  }
}

function toFloat(value: number | undefined): number | SourceNumber {
  return Number.isInteger(value ?? 0) ? new SourceNumber((value ?? 0).toFixed(1)) : value!
}

function withoutUnknown(entries: Record<string, string | null | undefined>): Record<string, string> {
  const known: Record<string, string> = {}
  for (const key of Object.keys(entries)) {
    const value = entries[key]
    if (value !== null && value !== undefined) known[key] = value
  }
  return known
}
