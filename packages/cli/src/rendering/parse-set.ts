import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { checkJobVariables, parseJobVariables, typeJobVariables } from '../deploy/job-variables.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'

/**
 * Reads `--set`: each value gets the type that the pool's template wants. A dotted name sets one entry of a mapping.
 * @throws CliFailure for a name that the template does not declare, with the nearest one, and for a value of a wrong type.
 */
export function parseSet(given: string[] | undefined, pool: WorkPool): JsonObject {
  const flat = parseJobVariables(given, '--set')
  const typed = typeJobVariables(flat, { pool, names: Object.keys(flat) })
  const variables: JsonObject = {}
  for (const [name, value] of Object.entries(typed)) setAt(variables, name.split('.'), value)
  const unknown = checkJobVariables(variables, pool, { where: '--set', allowUnknown: true })
  if (unknown.length > 0) throw new CliFailure(unknown.join('\n'), EXIT_CODES.usage.code)
  return variables
}

function setAt(values: JsonObject, [key = '', ...rest]: string[], value: JsonValue): void {
  if (rest.length === 0) {
    values[key] = value
    return
  }
  const below = Object.hasOwn(values, key) ? values[key] : undefined
  const mapping: JsonObject = isJsonObject(below) ? { ...below } : {}
  values[key] = mapping
  setAt(mapping, rest, value)
}
