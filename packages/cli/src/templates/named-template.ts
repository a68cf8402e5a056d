import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { readJsonFile } from '../options/read-json-file.ts'

/** A template by name: `default` and `extended` are the type's own, anything else is a file. */
export function namedTemplate(definition: InfrastructureDefinition, name: string): JsonObject {
  if (name === 'default') return definition.defaultBaseJobTemplate
  if (name !== 'extended') return readJsonFile(name, 'base job template')
  if (definition.extendedBaseJobTemplate) return definition.extendedBaseJobTemplate
  throw new CliFailure(
    `The type ${definition.type} has no extended template; its default one has all variables.`,
    EXIT_CODES.usage.code,
  )
}
