import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { findNearest } from '@aedile/core/nearest'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { jsonOrText } from '../options/parse-assignments.ts'
import { findFault } from './find-fault.ts'

/** Reads `--job-variable`: NAME=VALUE, or a JSON object. Values are text until the pool's types are known. */
export function parseJobVariables(given: string[] | undefined): JsonObject {
  const variables: JsonObject = {}
  for (const text of given ?? []) {
    const object = text.trimStart().startsWith('{') ? jsonOrText(text) : null
    const at = text.indexOf('=')
    if (isJsonObject(object)) Object.assign(variables, object)
    else if (at > 0) variables[text.slice(0, at)] = text.slice(at + 1)
    else {
      const expected = '--job-variable takes NAME=VALUE or a JSON object'
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

/** Checks job variables against the pool's template, as the server will. Returns what should be said. */
export function checkJobVariables(variables: JsonObject, pool: WorkPool, where: string): string[] {
  const schema = variablesOf(pool.base_job_template)
  const properties = isJsonObject(schema.properties) ? schema.properties : {}
  const plain = Object.fromEntries(Object.entries(variables).filter(([name]) => name in properties))
  const failure = findFault(plain, schema, { allowNullWithDefault: true })
  if (failure)
    throw new CliFailure(`${where}: job variable ${failure.pointer.slice(1)}: ${failure.reason}`, EXIT_CODES.usage.code)
  const known = Object.keys(properties)
  return Object.keys(variables).flatMap((name) => {
    const [first = name] = name.split('.')
    if (known.length === 0 || known.includes(first)) return []
    const nearest = findNearest(first, known)
    return [`${where}: work pool ${pool.name} has no job variable ${first}.${nearest ? ` Did you mean ${nearest}?` : ''}`]
  })
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
