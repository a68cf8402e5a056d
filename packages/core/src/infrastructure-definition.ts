import type { JsonObject, JsonValue } from './json.ts'
import type { BuildTrace } from './rendering/build-trace.ts'
import type { Deployment } from './resources/deployment.ts'
import type { Flow } from './resources/flow.ts'
import type { FlowRun } from './resources/flow-run.ts'
import type { WorkPool } from './resources/work-pool.ts'

/** A work pool's template: what is created (`job_configuration`) and what may be set (`variables`, a JSON Schema). */
export type BaseJobTemplate = { job_configuration: JsonObject; variables: JsonObject }

/** The key of one try to run a flow run: a UUIDv7 that the worker makes and sends as `transition_id` of its claim. */
export type AttemptKey = string

/** The id that an Aedile server gives itself at first start; on a genuine server, the API's URL. */
export type ServerId = string

/** In place of a server's id: the owner of what a script's single commands make. No server's reaper touches that. */
export const SCRIPT_OWNER: ServerId = 'script'

/** Where a handle means something: this host since this boot, that engine, that cluster, that project and region. */
export type TargetId = string

/** The job of any type after rendering: the base fields of every infrastructure plus the type's own. */
export type Job = {
  name: string | null
  command: string | null
  env: Record<string, string | null>
  labels: Record<string, string>
  [field: string]: JsonValue
}

/** All that preparation of a flow run's job may know. No clock, no environment, no network: everything is in here. */
export type RunContext = {
  flowRun: FlowRun
  flow: Flow | null
  deployment: Deployment | null
  workPool: WorkPool | null
  worker: WorkerFacts
}

/** What a worker knows of itself. */
export type WorkerFacts = {
  /** Empty when it is not known: then nothing carries it. */
  name: string
  id: string | null
  /** Settings explicitly set for the worker, as `PREFECT_*` and `AEDILE_*` strings; exported to what it starts. */
  settings: Record<string, string>
  /** The worker's own process environment; only the process type builds on it. */
  processEnvironment: Record<string, string>
  /** The command for an entrypoint of TypeScript or JavaScript, e.g. `aedile-execute`, as argument list. */
  executeCommand: string[]
  /** The Python interpreter for a Python entrypoint of the process type. */
  python: string
  /** Where the worker runs, in the words of `process.platform`. Linux when it is missing; the network of a container depends on it. */
  platform?: string
}

/** A script's single command: no flow run, no worker. What is missing is empty. */
export type CommandContext = {
  command: true
  /** Settings explicitly set for the script, as `PREFECT_*` strings; the job's own `env` is stronger. */
  settings?: Record<string, string>
  /** The script's own process environment; only the process type builds on it. */
  processEnvironment?: Record<string, string>
  /** Where the script runs, in the words of `process.platform`. Linux when it is missing. */
  platform?: string
}

/** Facts of a target that a request depends on: engine version, cluster uid, platform. Read with `Connection.facts`. */
export type TargetFacts = { id: TargetId; [fact: string]: JsonValue }

/** How long what an attempt made is kept after its report. */
export type Keep = boolean

/**
 * What is stored of an attempt so that anyone with credentials can observe, stop and remove it, even when its pool and
 * deployment were edited or deleted since. Small JSON without secrets.
 */
export type Handle = {
  type: string
  target: TargetId
  /** The name on the target; derived from the attempt key. */
  name: string
  attempt: AttemptKey
  server: ServerId
  flowRunId: string | null
  keep: Keep
  graceSeconds: number
  /** Who tells the run's end. Set by the worker; `engine` when absent. */
  reports?: Reporter
  /** Ids that the target gave, as they become known, e.g. pid and start time. */
  native: { [id: string]: JsonValue }
}

/**
 * Who tells a run's end: an engine inside the thing, or the worker for a plain command. `either` is a command of its user's
 * for a deployment that also names a flow: it may start an engine, and counts as plain unless that engine ended the run or
 * left it scheduled or paused.
 */
export type Reporter = 'engine' | 'worker' | 'either'

/** The pure half of an infrastructure: loadable in a server, a command line or a browser. */
export interface InfrastructureDefinition<Request extends JsonObject = JsonObject> {
  /** The name of the type in work pools, e.g. `process`. */
  readonly type: string
  readonly displayName: string
  readonly description: string
  readonly documentationUrl: string
  readonly logoUrl: string
  /** The Python package whose genuine worker serves this type too, e.g. `prefect-kubernetes`. None when there is none. */
  readonly pythonPackage?: string
  /** JSON Schema of the variables. */
  readonly variables: JsonObject
  readonly defaultBaseJobTemplate: BaseJobTemplate
  /** The default template plus variables that users ask for, each absent from the rendering until it is set. */
  readonly extendedBaseJobTemplate?: BaseJobTemplate
  /** Default templates that were published before, newest first: what an edited template may have come from. */
  readonly olderBaseJobTemplates?: readonly BaseJobTemplate[]
  /** The facts that a preview assumes where no target was asked. None for a type whose request depends on none. */
  readonly assumedFacts?: TargetFacts
  /**
   * Adds what the run and the worker bring: labels, environment, name, command; checks and completes the type's own
   * fields. Equals a genuine worker's preparation. `trace` hears where the result's parts come from.
   */
  prepare(job: Job, context: RunContext | CommandContext, trace?: BuildTrace): Job
  /** The exact request that start() sends, with our additions for this attempt. */
  request(job: Job, facts: TargetFacts, attempt: AttemptContext, trace?: BuildTrace): Request
  /** JSON pointers in a prepared job whose values are secret whatever they came from, e.g. a registry's password. */
  secretPointers?(job: Job): string[]
  /** Shell lines that send the request, for people: curl where the target has an HTTP API. Credentials are shell variables. */
  toShell?(request: Request): string[]
  /** The handle, known before start. */
  handle(request: Request, facts: TargetFacts, attempt: AttemptContext): Handle
  /** The text that the API keeps as `infrastructure_pid`, in the genuine worker's form. Null while unknown. */
  infrastructurePid(handle: Handle): string | null
}

/** Who an attempt belongs to. `key` is `<attempt>` in a preview. */
export type AttemptContext = {
  key: AttemptKey
  server: ServerId
  flowRunId: string | null
  /** False for a script's single command, which no server knows of: then what it starts sends no fence. True when missing. */
  fenced?: boolean
}

/** How an attempt ended, as data, never an exception. */
export type Outcome = {
  kind: 'completed' | 'failed' | 'stopped' | 'not-found' | 'not-mine' | 'cannot-tell'
  /** Exit code of the command; null when it has none (a signal, never started). */
  exitCode: number | null
  signal: string | null
  /** One sentence: what happened. */
  reason: string | null
  /** One sentence: what to do about it. */
  advice: string | null
  /** The last lines of output, oldest first. */
  lastLines: string[]
}
