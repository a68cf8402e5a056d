import type { Job } from '../infrastructure-definition.ts'
import { isTemplateObject, isTruthy, type TemplateValue } from '../python-text.ts'
import { applyParsed } from './apply-values.ts'
import { type CompiledTemplate, findEntry, overlayEnvironment } from './compile.ts'
import { splitKeyPath } from './key-path.ts'
import { expandDottedKeys, type JobLayers, mergeJobVariables, overlayVariables, type TracedValues } from './layers.ts'
import { normalizeJob } from './normalize-job.ts'
import { type Dropped, type Origin, OriginRecorder, OriginTree } from './origins.ts'
import { joinPointer, type Placeholder } from './placeholders.ts'
import { type ReferenceLookup, resolveReferences } from './references.ts'
import { findIdleVariables, findIllTypedVariables, type TemplateWarning } from './warnings.ts'

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
 * Renders one job from a template and the layers over it. Null entries of `env` stay until preparation removes them.
 * @throws AedileError `job_variable_invalid`, `template_invalid`, `template_block_not_found`.
 */
export async function resolveJob(
  compiled: CompiledTemplate,
  layers: JobLayers,
  { lookup, environment }: ResolveOptions = {},
): Promise<ResolvedJob> {
  const given = mergeJobVariables(layers)
  const variables = overlayVariables(compiled.defaults, expandDottedKeys(given))
  const { configuration, origins } = overlayGivenEnvironment(compiled, variables)
  const recorder = new OriginRecorder(origins, variables.origins)
  const applied = applyParsed(configuration, variables.values, { environment }, recorder) as TemplateValue
  const resolved = lookup
    ? await resolveReferences(applied, lookup, (...replacement) => recorder.replaced(...replacement))
    : applied
  return {
    value: normalizeJob(resolved, (pointer) => recorder.flattened(pointer)),
    origins: recorder.result.leaves,
    dropped: recorder.dropped.map(({ pointer, placeholder }) => explainDrop(pointer, placeholder, compiled, variables)),
    warnings: [...findIdleVariables(compiled, given, recorder.read), ...findIllTypedVariables(compiled, variables)],
  }
}

/** When the template has `env` as a mapping, the variables' `env` is laid over it and becomes part of the template. */
function overlayGivenEnvironment(compiled: CompiledTemplate, variables: TracedValues) {
  const environment = variables.values.env
  const isMapping = findEntry(compiled.configuration, 'env')?.kind === 'object'
  if (!isMapping || environment === undefined || !isTruthy(environment)) return compiled
  const origins = new OriginTree(compiled.origins)
  const originOf = (name: string) => variables.origins.at(joinPointer('/env', name))!
  return { configuration: overlayEnvironment(compiled.configuration, environment, origins, originOf), origins }
}

function explainDrop(pointer: string, placeholder: Placeholder, compiled: CompiledTemplate, variables: TracedValues): Dropped {
  const name = splitKeyPath(placeholder.name)[0]!
  const property = Object.hasOwn(compiled.properties, name) ? compiled.properties[name] : undefined
  const reason =
    name in variables.values
      ? 'no-such-path'
      : property === undefined
        ? 'undeclared'
        : isTemplateObject(property) && property.default === null
          ? 'null-default'
          : 'unset'
  return { pointer, placeholder: placeholder.text, reason }
}
