import { AedileError } from '../errors.ts'
import type { InfrastructureDefinition } from '../infrastructure-definition.ts'

/** The template that is meant: the type's own by its name, or one that is given as it is. */
export function chooseTemplate(given: unknown, definition: InfrastructureDefinition): unknown {
  if (given === 'default') return definition.defaultBaseJobTemplate
  if (given !== 'extended') return given
  if (definition.extendedBaseJobTemplate) return definition.extendedBaseJobTemplate
  throw new AedileError('template_invalid', { pointer: '/', why: `the type ${definition.type} has no extended template` })
}
