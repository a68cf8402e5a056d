import type { Job } from '../infrastructure-definition.ts'
import { isTemplateObject, isTruthy, type TemplateValue } from '../python-text.ts'
import { applyParsed } from './apply-values.ts'
import { type CompiledTemplate, type ObjectNode, overlayEnvironment } from './compile.ts'
import { splitKeyPath } from './key-path.ts'
import { expandDottedKeys, type JobLayers, mergeJobVariables, overlayVariables, type TracedValues } from './layers.ts'
import { normalizeJob } from './normalize-job.ts'
import { type Dropped, type Origin, OriginRecorder, OriginTree } from './origins.ts'
import { joinPointer, type Placeholder } from './placeholders.ts'
import { inspectReferences, type OnReplaced, type ReferenceLookup, resolveReferences } from './references.ts'
import { GivenOrigins } from './variable-origins.ts'
import { findIdleVariables, findIllTypedVariables, type TemplateWarning } from './warnings.ts'

type Values = { [key: string]: TemplateValue }

/** A job and where each of its leaves came from. */
export type ResolvedJob = {
  value: Job
  /** Origins of all leaves of `value`, by JSON pointer. Base fields that nothing sets have none. */
  origins: ReadonlyMap<string, Origin>
  dropped: Dropped[]
  warnings: TemplateWarning[]
}

export type ResolveOptions = {
  /** Reads blocks and variables. Without it their placeholders stay as they are. */
  lookup?: ReferenceLookup
  /** What `{{ $NAME }}` reads: the worker's environment. */
  environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Renders one job from a template and the layers over it, and tells where each of its parts came from. Null entries of `env`
 * stay until preparation removes them.
 * @throws AedileError `job_variable_invalid`, `template_invalid`, `template_block_not_found`.
 */
export async function resolveJob(
  compiled: CompiledTemplate,
  layers: JobLayers,
  options: ResolveOptions = {},
): Promise<ResolvedJob> {
  const mayRefer = inspectLayers(layers)
  const given = { values: mergeJobVariables(layers), origins: new GivenOrigins(layers) }
  const variables = overlayVariables(compiled.defaults, expandDottedKeys(given))
  const origins = overlayGivenOrigins(compiled, variables)
  const recorder = new OriginRecorder(origins, variables.origins)
  const value = await fill({ compiled, mayRefer, variables: variables.values }, options, recorder)
  return {
    value,
    origins: recorder.origins,
    dropped: recorder.dropped.map(({ pointer, placeholder }) => explainDrop(pointer, placeholder, compiled, variables)),
    warnings: [...findIdleVariables(compiled, given, recorder.read), ...findIllTypedVariables(compiled, variables)],
  }
}

/**
 * The job of `resolveJob` alone, for who has no use for origins. It is there at once, without a promise, unless blocks or
 * variables may have to be read.
 */
export function resolveJobValue(compiled: CompiledTemplate, layers: JobLayers, options: ResolveOptions = {}): Job | Promise<Job> {
  const mayRefer = inspectLayers(layers)
  const given = { values: mergeJobVariables(layers), origins: null }
  const variables = overlayVariables(compiled.defaults, expandDottedKeys(given)).values
  return fill({ compiled, mayRefer, variables }, options)
}

type Resolving = { compiled: CompiledTemplate; mayRefer: boolean; variables: Values }

/** The one way from a template to a job. `recorder` hears where everything comes from; without it nothing is told. */
function fill(
  { compiled, mayRefer, variables }: Resolving,
  { lookup, environment }: ResolveOptions,
  recorder?: OriginRecorder,
): Job | Promise<Job> {
  const configuration = overlayGivenEnvironment(compiled, variables)
  const applied = applyParsed(configuration, variables, environment ? { environment } : {}, recorder) as TemplateValue
  const normalize = (value: TemplateValue) => normalizeJob(value, recorder && ((pointer) => recorder.flattened(pointer)))
  if (!lookup || !(mayRefer || compiled.mayRefer)) return normalize(applied)
  const onReplaced = recorder && ((...replacement: Parameters<OnReplaced>) => recorder.replaced(...replacement))
  return resolveReferences(applied, lookup, onReplaced).then(normalize)
}

/** Looks at all layers, because their depth is checked as well. */
function inspectLayers({ deployment, flowRun }: JobLayers): boolean {
  const mayRefer = inspectReferences(deployment)
  return inspectReferences(flowRun) || mayRefer
}

/** When the template has `env` as a mapping, the variables' `env` is laid over it and becomes part of the template. */
function overlayGivenEnvironment({ configuration, hasEnvironment }: CompiledTemplate, { env }: Values): ObjectNode {
  return hasEnvironment && env !== undefined && isTruthy(env) ? overlayEnvironment(configuration, env) : configuration
}

function overlayGivenOrigins({ origins, hasEnvironment }: CompiledTemplate, variables: TracedValues): OriginTree {
  const { env } = variables.values
  if (!hasEnvironment || !isTemplateObject(env)) return origins
  const overlaid = new OriginTree(origins.leaves)
  for (const name of Object.keys(env)) {
    const pointer = joinPointer('/env', name)
    overlaid.set(pointer, variables.origins.at(pointer)!)
  }
  return overlaid
}

function explainDrop(pointer: string, placeholder: Placeholder, compiled: CompiledTemplate, variables: TracedValues): Dropped {
  const name = splitKeyPath(placeholder.name)[0]!
  const property = Object.hasOwn(compiled.properties, name) ? compiled.properties[name] : undefined
  const reason = Object.hasOwn(variables.values, name)
    ? 'no-such-path'
    : property === undefined
      ? 'undeclared'
      : isTemplateObject(property) && property.default === null
        ? 'null-default'
        : 'unset'
  return { pointer, placeholder: placeholder.text, reason }
}
