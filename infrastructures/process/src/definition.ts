import type {
  BaseJobTemplate,
  CommandContext,
  Handle,
  InfrastructureDefinition,
  Job,
  RunContext,
} from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinShellWords } from '@aedile/core/shell-words'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { commandEnvironment, pickBaseFields, prepareBase } from '@aedile/core/templates/prepare'
import { normalizeProcessFields } from './job.ts'
import { keepRemoved } from './removed-variables.ts'
import { buildHandle, buildRequest, type ProcessRequest } from './request.ts'
import { toShell } from './shell.ts'

const nullableString = { anyOf: [{ type: 'string' }, { type: 'null' }] }

/** JSON Schema of the variables of a process pool. Titles, types and defaults are those of a genuine one (INF A.1). */
const variables: JsonObject = {
  type: 'object',
  properties: {
    name: { ...nullableString, default: null, description: 'Name of the process, for people.', title: 'Name' },
    env: {
      additionalProperties: nullableString,
      description: "Variables for the process, on top of the worker's own. Null removes one of its settings.",
      title: 'Environment Variables',
      type: 'object',
    },
    labels: {
      additionalProperties: { type: 'string' },
      description: 'Labels of the job. A process cannot carry them: they are for people and programs that read the job.',
      title: 'Labels',
      type: 'object',
    },
    command: {
      ...nullableString,
      default: null,
      description: "The command to run, split like a shell would. By default, what fits the flow's entrypoint.",
      title: 'Command',
    },
    stream_output: {
      default: true,
      description: "Whether output goes to the run's logs. Otherwise it is thrown away.",
      title: 'Stream Output',
      type: 'boolean',
    },
    working_dir: {
      anyOf: [{ format: 'path', type: 'string' }, { type: 'null' }],
      default: null,
      description: 'Directory that the process starts in. By default a temporary one, removed with the run.',
      title: 'Working Directory',
    },
  },
}

const defaultBaseJobTemplate: BaseJobTemplate = {
  job_configuration: {
    command: '{{ command }}',
    env: '{{ env }}',
    labels: '{{ labels }}',
    name: '{{ name }}',
    stream_output: '{{ stream_output }}',
    working_dir: '{{ working_dir }}',
  },
  variables,
}

/** The pure half of the process type. */
export const processDefinition: InfrastructureDefinition<ProcessRequest> = {
  type: 'process',
  displayName: 'Process',
  description: 'Runs flows as processes on the host of the worker. Good to begin with, and for one machine.',
  documentationUrl: 'https://docs.prefect.io/latest/get-started/quickstart',
  logoUrl:
    'https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/process.png',
  pythonPackage: 'prefect',
  variables,
  defaultBaseJobTemplate,
  prepare: prepareProcess,
  request: buildRequest,
  toShell,
  handle: buildHandle,
  infrastructurePid: (handle: Handle) => (typeof handle.native.pid === 'number' ? String(handle.native.pid) : null),
}

function prepareProcess(job: Job, context: RunContext | CommandContext, trace?: BuildTrace): Job {
  const fields = normalizeProcessFields(job)
  if ('command' in context) {
    return { ...pickBaseFields(job), env: commandEnvironment(context.processEnvironment, context.settings, job.env), ...fields }
  }
  // A worker of this type runs the engine itself, where others run `prefect flow-run execute`.
  const prepared = prepareBase(job, context, joinShellWords([context.worker.python, '-m', 'prefect.engine']), trace)
  const inherited = context.worker.processEnvironment
  if (trace) {
    for (const name of Object.keys(inherited)) {
      if (!Object.hasOwn(prepared.env, name))
        trace.added(joinPointer('/env', name), 'worker', joinPointer('/process_environment', name))
    }
  }
  // Null removes only what was prepared: what the worker itself has is laid under it afterwards, as a genuine worker does.
  const env = { ...inherited, ...withoutNulls(prepared.env) }
  return keepRemoved({ ...pickBaseFields(prepared), env, ...fields }, job.env)
}

function withoutNulls(env: Record<string, string | null> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(env ?? {}).filter((entry): entry is [string, string] => entry[1] !== null))
}

/** The types of this package, for who looks infrastructures up by package. */
export const definitions = [processDefinition]
