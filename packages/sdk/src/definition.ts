import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { StateType } from '@aedile/core/states'
import type { StandardSchemaV1 } from './parameters/standard-schema.ts'
import type { RetryDelay } from './retry-delay.ts'

/** A state as hooks see it. */
export type HookState = { type: StateType; name: string; message: string | null }

/** Called when a flow run has reached a state. What it throws is logged and changes nothing. */
export type FlowHook = (flow: { name: string }, flowRun: FlowRun, state: HookState) => unknown
/** Called when a task run has reached a state. What it throws is logged and changes nothing. */
export type TaskHook = (task: { name: string }, taskRun: { id: string; name: string }, state: HookState) => unknown

type OneOrMore<T> = T | readonly T[]

/** The hooks of a flow or task. */
export type Hooks<Hook> = {
  onRunning?: OneOrMore<Hook>
  onCompletion?: OneOrMore<Hook>
  onFailure?: OneOrMore<Hook>
  onCrashed?: OneOrMore<Hook>
  onCancellation?: OneOrMore<Hook>
}

/** What a flow may say about itself. Times are in seconds. */
export type FlowOptions = Hooks<FlowHook> & {
  /** Default: the name of the function. */
  name?: string
  version?: string
  description?: string
  tags?: readonly string[]
  /** Name of each run; a function gets the parameters. */
  flowRunName?: string | ((parameters: object) => string)
  /** How often a failed run is tried again. */
  retries?: number
  retryDelaySeconds?: number
  timeoutSeconds?: number
  /** Keep the result as a file. Default: the setting AEDILE_RESULTS_PERSIST_BY_DEFAULT. */
  persistResult?: boolean
}

/** What a task may say about itself. Times are in seconds. */
export type TaskOptions = Hooks<TaskHook> & {
  /** Default: the name of the function. */
  name?: string
  version?: string
  tags?: readonly string[]
  /** Name of each run; a function gets the arguments. */
  taskRunName?: string | ((...args: never[]) => string)
  retries?: number
  retryDelaySeconds?: RetryDelay
  /** Stretches each delay by a random share, up to this factor. */
  retryJitterFactor?: number
  /** Decides whether an error is worth a retry. Default: every error is. */
  retryWhen?: (error: unknown) => boolean | Promise<boolean>
  timeoutSeconds?: number
  persistResult?: boolean
  /** How many runs of one `map` go on at once. Default: all. */
  mapConcurrency?: number
}

/** A flow as the engine knows it. */
export type FlowDefinition = {
  name: string
  options: FlowOptions
  schema: StandardSchemaV1 | undefined
  /** The file in which the flow was made, if it can be told. */
  file: string | null
  call: (parameters: object, signal: AbortSignal) => unknown
  /** The text of the function: its hash tells tracking task runs of different flows apart. */
  source: string
}

/** A task as the engine knows it. */
export type TaskDefinition = {
  name: string
  options: TaskOptions
  key: string
  /** Names of the function's parameters, for the inputs that the server shows. */
  parameterNames: string[]
  call: (...args: unknown[]) => unknown
}
