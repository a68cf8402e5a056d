import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { findNearest } from '@aedile/core/nearest'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { findFault } from './find-fault.ts'

/** Checks default parameters as the server will: required ones may come with the run. `where` begins the error. */
export function checkParameters(parameters: JsonObject, schema: JsonObject, where: string): void {
  const failure = findFault(parameters, schema)
  if (failure) {
    const name = failure.pointer.slice(1)
    throw new CliFailure(`${where}: ${name ? `parameter ${name}: ` : ''}${failure.reason}`, EXIT_CODES.usage.code)
  }
}

/** Says which parameters the flow does not declare; a flow that declares none may take any. */
export function findUnknownParameters(parameters: JsonObject, schema: JsonObject, where: string): string[] {
  const known = isJsonObject(schema.properties) ? Object.keys(schema.properties) : []
  return Object.keys(parameters).flatMap((name) => {
    if (known.length === 0 || known.includes(name)) return []
    const nearest = findNearest(name, known)
    return [
      `${where}: the flow has no parameter ${name}.${nearest ? ` Did you mean ${nearest}?` : ` It has: ${known.join(', ')}`}`,
    ]
  })
}
