import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { findUnknownVariables, findVariableFailures } from '@aedile/core/templates/job-variables'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { jsonOrText } from '../options/parse-assignments.ts'

/** Reads `--job-variable`, or an option like it: NAME=VALUE, or a JSON object. Values are text until the pool's types are known. */
export function parseJobVariables(given: string[] | undefined, option = '--job-variable'): JsonObject {
  const variables: JsonObject = {}
  for (const text of given ?? []) {
    const object = text.trimStart().startsWith('{') ? jsonOrText(text) : null
    const at = text.indexOf('=')
    if (isJsonObject(object)) Object.assign(variables, object)
    else if (at > 0) variables[text.slice(0, at)] = text.slice(at + 1)
    else {
      const expected = `${option} takes NAME=VALUE or a JSON object`
      throw new CliFailure(`${expected}, found ${JSON.stringify(text)}.`, EXIT_CODES.usage.code)
    }
  }
  return variables
}

/** Makes the named ones what the pool's template wants: text where a variable is text, the JSON that is written elsewhere. */
export function typeJobVariables(variables: JsonObject, { pool, names }: { pool: WorkPool; names: string[] }): JsonObject {
  const schema = variablesOf(pool.base_job_template)
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]): [string, JsonValue] => {
      if (typeof value !== 'string' || !names.includes(name) || takesText(name.split('.'), schema)) return [name, value]
      return [name, jsonOrText(value)]
    }),
  )
}

/**
 * Checks job variables against the pool's template, as the server will; also refuses those that the pool does not know,
 * which a server takes in silence. Returns what should be said when unknown ones are allowed.
 */
export function checkJobVariables(
  variables: JsonObject,
  pool: WorkPool,
  { where, allowUnknown = false }: { where: string; allowUnknown?: boolean },
): string[] {
  const template = pool.base_job_template
  const unknown = findUnknownVariables(variables, template).map(({ message }) => `${where}: ${pool.name}: ${message}`)
  const failures = findVariableFailures(variables, template)
  const faults = failures.map(({ pointer, reason }) => `${where}: job variable ${pointer.slice(1)}: ${reason}`)
  const refused = allowUnknown ? faults : [...unknown, ...faults]
  if (refused.length === 0) return unknown
  const advice = unknown.length > 0 && !allowUnknown ? '\nTo send them all the same, add --allow-unknown-variables.' : ''
  throw new CliFailure(refused.join('\n') + advice, EXIT_CODES.usage.code)
}

function variablesOf(template: JsonObject): JsonObject {
  return isJsonObject(template.variables) ? template.variables : {}
}

function takesText([name, ...rest]: string[], schema: JsonValue | undefined): boolean {
  if (!isJsonObject(schema)) return false
  if (name === undefined) {
    if (Array.isArray(schema.anyOf)) return schema.anyOf.some((one) => takesText([], one))
    return schema.type === 'string'
  }
  const properties = isJsonObject(schema.properties) ? schema.properties : {}
  return takesText(rest, properties[name] ?? schema.additionalProperties)
}
