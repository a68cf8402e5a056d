import type { CommandContext, Job, RunContext } from '@aedile/core/infrastructure-definition'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { slugify } from '@aedile/core/slug'
import { DEFAULT_IMAGE } from '@aedile/core/templates/default-image'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { commandEnvironment, FLOW_RUN_COMMAND, PREFECT_VERSION, prepareBase } from '@aedile/core/templates/prepare'
import { type DockerFields, normalizeDockerFields } from './job.ts'
import { networkModeOf, rewriteApiUrl } from './network.ts'

/** The label that a genuine worker puts on every container. */
const VERSION_LABEL = 'io.prefect.version'

/** Adds what run and worker bring, and makes labels and name fit for Docker. Equals a genuine worker's preparation. */
export function prepareDockerJob(job: Job, context: RunContext | CommandContext, trace?: BuildTrace): Job {
  const fields = normalizeDockerFields(job)
  if ('command' in context) return prepareCommand(job, fields, context)
  const based = prepareBase(job, withReachableApi(job, fields, context), FLOW_RUN_COMMAND, trace && withDockerLabels(trace))
  if (trace) traceDockerFields(job, fields, based, trace)
  return {
    command: based.command,
    env: based.env,
    labels: toDockerLabels({ ...based.labels, [VERSION_LABEL]: PREFECT_VERSION }),
    name: toContainerName(based.name),
    ...fields,
    image: fields.image || DEFAULT_IMAGE,
  }
}

/**
 * A script's single command: its settings under its own environment. Labels come after the version's, so that the user may
 * set that, too. Source: INF F.2.
 */
function prepareCommand(job: Job, fields: DockerFields, { settings = {}, platform }: CommandContext): Job {
  return {
    command: job.command,
    env: commandEnvironment(reachableSettings(job, fields, settings, platform), job.env),
    labels: { [VERSION_LABEL]: PREFECT_VERSION, ...toDockerLabels(job.labels) },
    name: toContainerName(job.name),
    ...fields,
    image: fields.image || DEFAULT_IMAGE,
  }
}

function withReachableApi(job: Job, fields: DockerFields, context: RunContext): RunContext {
  const { worker } = context
  return { ...context, worker: { ...worker, settings: reachableSettings(job, fields, worker.settings, worker.platform) } }
}

type Settings = Record<string, string>

/** The settings with the API's URL as the container reaches it. One that the user set stays as it is. */
function reachableSettings(job: Job, fields: DockerFields, settings: Settings, platform = 'linux'): Settings {
  const setting = settings.PREFECT_API_URL
  if (setting === undefined) return settings
  const apiUrl = Object.hasOwn(job.env, 'PREFECT_API_URL') ? job.env.PREFECT_API_URL! : setting
  const { network_mode: networkMode, networks } = fields
  if (networkModeOf({ networkMode, networks, apiUrl, platform }) === 'host') return settings
  return { ...settings, PREFECT_API_URL: rewriteApiUrl(setting) }
}

/** Labels in Docker's form: `a.b/c` becomes `b.a.c`. A key without a slash stays. */
export function toDockerLabels(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [toDockerLabel(key), value]))
}

function toDockerLabel(key: string): string {
  const slash = key.indexOf('/')
  return slash < 0 ? key : `${key.slice(0, slash).split('.').reverse().join('.')}.${key.slice(slash + 1)}`
}

/** The name in the characters that Docker allows; null, so that the engine chooses one, when none is left. */
export function toContainerName(name: string | null): string | null {
  if (!name) return null
  return slugify(name, { lowercase: false, maxLength: 250, disallowed: /[^a-zA-Z0-9_.-]+/g }).replace(/^[_.-]+/, '') || null
}

function withDockerLabels(trace: BuildTrace): BuildTrace {
  return {
    copied: (to, from) => trace.copied(to, from),
    moved: (to, field) => trace.moved(to, field),
    added: (to, layer, path) => {
      const [, field, key] = to.split('/')
      trace.added(field === 'labels' ? labelPointer(toDockerLabel(fromPointerStep(key!))) : to, layer, path)
    },
  }
}

function traceDockerFields(job: Job, fields: DockerFields, based: Job, trace: BuildTrace): void {
  for (const key of Object.keys(job.labels)) {
    if (key.includes('/')) trace.copied(labelPointer(toDockerLabel(key)), labelPointer(key))
  }
  trace.added(labelPointer(VERSION_LABEL), 'type', '/version')
  if (!fields.image) trace.added('/image', 'type', '/image')
  if (based.name && toContainerName(based.name) === null) trace.added('/name', 'type', '/name')
}

function labelPointer(key: string): string {
  return joinPointer('/labels', key)
}

function fromPointerStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
