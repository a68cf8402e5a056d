import { isAedileError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { findNearest } from '../nearest.ts'
import { dropNumberSources, holdsNumberSources } from '../python-text.ts'
import type { CompiledTemplate } from './compile.ts'
import { splitKeyPath } from './key-path.ts'
import type { TracedValues } from './layers.ts'
import { type Layer, topPointerOf } from './origins.ts'
import { joinPointer } from './placeholders.ts'

/** What a genuine server and worker accept in silence, and its author surely did not mean. */
export type TemplateWarning = {
  kind: 'unknown-variable' | 'unreferenced-variable' | 'ill-typed-variable' | 'unknown-field'
  layer: Layer
  /** JSON pointer in the layer's job variables; of an unknown field in the template's job_configuration. */
  pointer: string
  message: string
}

/** Job variables that were set and have no effect: not declared, or read by no placeholder. `read` holds pointers. */
export function findIdleVariables(compiled: CompiledTemplate, given: TracedValues, read: readonly string[]): TemplateWarning[] {
  const used = new Set<string>()
  for (const pointer of read) used.add(topPointerOf(pointer))
  if (compiled.hasEnvironment) used.add('/env')
  return Object.keys(given.values).flatMap((key): TemplateWarning[] => {
    const name = key.includes('.') ? splitKeyPath(key)[0]! : key
    if (used.has(joinPointer('', name))) return []
    const { layer, path } = given.origins.at(joinPointer('', key))!
    if (Object.hasOwn(compiled.properties, name)) {
      const message = `The work pool's template declares ${name} but uses it nowhere, so it has no effect.`
      return [{ kind: 'unreferenced-variable', layer, pointer: path, message }]
    }
    const nearest = findNearest(name, Object.keys(compiled.properties))
    const message = `The work pool's template declares no variable ${name}.${nearest ? ` Did you mean ${nearest}?` : ''}`
    return [{ kind: 'unknown-variable', layer, pointer: path, message }]
  })
}

/** The variable that breaks the template's schema most, if any. */
export function findIllTypedVariables(
  { checkVariables }: CompiledTemplate,
  { values, origins }: TracedValues,
): TemplateWarning[] {
  try {
    const failure = checkVariables((holdsNumberSources(values) ? dropNumberSources(values) : values) as JsonObject)
    if (!failure) return []
    const { layer, path } = origins.at(failure.pointer) ?? { layer: 'template', path: failure.pointer }
    return [{ kind: 'ill-typed-variable', layer, pointer: path, message: failure.message }]
  } catch (error) {
    if (!isAedileError(error, 'schema_invalid')) throw error
    return [{ kind: 'ill-typed-variable', layer: 'template', pointer: '/variables', message: error.message }]
  }
}
