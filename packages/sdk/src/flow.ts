import { fileURLToPath } from 'node:url'
import { AedileError } from '@aedile/core/errors'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { FlowDefinition, FlowOptions } from './definition.ts'
import type { DeployOptions } from './deploy/deploy-options.ts'
import { runFlow } from './engine/flow-engine.ts'
import { isLoading } from './loading.ts'
import type { InferInput, InferOutput, StandardSchemaV1 } from './parameters/standard-schema.ts'
import { runContextStorage } from './run-context.ts'
import type { ServeOptions } from './serve/serve-options.ts'
import type { Session } from './session.ts'
import { sharedSession } from './shared-session.ts'

/** Marks flows, also those of another copy of this package. */
export const FLOW = Symbol.for('aedile.sdk.flow.v1')

/** What the executor uses of a flow. */
export type FlowInternals = {
  definition: FlowDefinition
  /** Runs a flow run that exists already, with its parameters. */
  execute: (flowRun: FlowRun, session: Session, signal: AbortSignal) => Promise<unknown>
}

type Args<Parameters> = object extends Parameters ? [parameters?: Parameters] : [parameters: Parameters]

/** A flow: a function that is recorded, retried and cancelled as a run when it is called. */
export interface Flow<Parameters, Result> {
  (...args: Args<Parameters>): Promise<Result>
  readonly name: string
  readonly [FLOW]: FlowInternals
  /** The same flow with other options. */
  withOptions(options: FlowOptions): Flow<Parameters, Result>
  /** Makes a deployment and runs it from here, until the process is told to end. */
  serve(options?: ServeOptions): Promise<void>
  /** Makes a deployment that a work pool's workers run. Returns its id. */
  deploy<const Pool extends string>(options: DeployOptions<Pool>): Promise<string>
}

/** What a flow's function gets beside its parameters. */
export type FlowCall = {
  /** Fires when the run is cancelled, timed out or interrupted: hand it to everything that waits. */
  signal: AbortSignal
}

/** Makes a flow of a function. */
export function flow<Parameters extends object, Result>(
  call: (parameters: Parameters, run: FlowCall) => Result,
): Flow<Parameters, Awaited<Result>>
/** Makes a flow whose parameters are checked by a schema of zod or any Standard Schema. */
export function flow<Schema extends StandardSchemaV1, Result>(
  options: FlowOptions & { parameters: Schema },
  call: (parameters: InferOutput<Schema>, run: FlowCall) => Result,
): Flow<InferInput<Schema>, Awaited<Result>>
/** Makes a flow of a function, with options. */
export function flow<Parameters extends object, Result>(
  options: FlowOptions & { parameters?: undefined },
  call: (parameters: Parameters, run: FlowCall) => Result,
): Flow<Parameters, Awaited<Result>>
export function flow(
  first: FlowFunction | (FlowOptions & { parameters?: StandardSchemaV1 | undefined }),
  second?: FlowFunction,
): Flow<object, unknown> {
  const call = (typeof first === 'function' ? first : second) as FlowFunction
  const { parameters: schema, ...options } = typeof first === 'function' ? { parameters: undefined } : first
  const name = (options as FlowOptions).name ?? call.name.replaceAll('_', '-')
  if (!name) throw new AedileError('flow_unnamed', { kind: 'flow' })
  return buildFlow({
    name,
    options,
    schema,
    file: callerFile(),
    call: (parameters, signal) => call(parameters, { signal }),
    source: call.toString(),
  })
}

// biome-ignore lint/suspicious/noExplicitAny: the overloads above say what goes in and comes out
type FlowFunction = (parameters: any, run: FlowCall) => unknown

function buildFlow(definition: FlowDefinition): Flow<object, unknown> {
  const call = async (parameters: object = {}): Promise<unknown> => {
    refuseWhileLoading(definition, 'it is called')
    const session = runContextStorage().getStore()?.session ?? (await sharedSession())
    return runFlow(definition, parameters, { session })
  }
  const internals: FlowInternals = {
    definition,
    execute: (flowRun, session, signal) => runFlow(definition, flowRun.parameters, { session, existing: flowRun, signal }),
  }
  const rest = {
    [FLOW]: internals,
    withOptions: (options: FlowOptions) =>
      buildFlow({ ...definition, name: options.name ?? definition.name, options: { ...definition.options, ...options } }),
    serve: async (options: ServeOptions = {}) => {
      refuseWhileLoading(definition, 'it is served')
      const { serveFlow } = await import('./serve/serve-flow.ts')
      return serveFlow(definition, options)
    },
    deploy: async <Pool extends string>(options: DeployOptions<Pool>) => {
      refuseWhileLoading(definition, 'it is deployed')
      const { deployFlow } = await import('./deploy/deploy-flow.ts')
      return deployFlow(definition, options as DeployOptions)
    },
  }
  // A function's own `name` cannot be assigned.
  return Object.defineProperty(Object.assign(call, rest), 'name', { value: definition.name })
}

function refuseWhileLoading(definition: FlowDefinition, call: string): void {
  if (isLoading()) throw new AedileError('flow_called_while_loading', { flow: definition.name, call })
}

/** The file that called `flow()`: the first frame of the stack that is not this file. */
function callerFile(): string | null {
  const frames = new Error('where').stack?.split('\n').slice(1) ?? []
  for (const frame of frames) {
    const place = /\(?(file:\/\/[^)]+?|\/[^)]+?|[A-Za-z]:\\[^)]+?):\d+:\d+\)?$/.exec(frame)?.[1]
    if (!place) continue
    const file = place.startsWith('file:') ? fileURLToPath(place.split('?')[0]!) : place
    if (file !== fileURLToPath(import.meta.url)) return file
  }
  return null
}
