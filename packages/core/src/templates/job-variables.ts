import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { findSchemaFailure, type SchemaFailure } from '../json-schema.ts'
import { createNearestFinder } from '../nearest.ts'
import { splitKeyPath } from './key-path.ts'
import { joinPointer } from './placeholders.ts'

/** A job variable that a template does not know, and the known one that was probably meant. */
export type UnknownVariable = { pointer: string; message: string; nearest: string | null }

/**
 * The variables that a template does not declare. A genuine server and worker take them in silence, and they have no
 * effect. A dotted name such as `env.FOO` belongs to `env`. Of a template without variables nothing is known.
 */
export function findUnknownVariables(variables: JsonObject, template: JsonObject): UnknownVariable[] {
  const known = Object.keys(propertiesOf(template))
  if (known.length === 0) return []
  const names = new Set(known)
  const findNearest = createNearestFinder(known)
  return Object.keys(variables).flatMap((name) => {
    const [first = name] = splitKeyPath(name)
    if (names.has(name) || names.has(first)) return []
    const nearest = findNearest(first)
    const hint = nearest === null ? '' : ` Did you mean ${nearest}?`
    return [{ pointer: joinPointer('', name), message: `The work pool has no job variable ${first}.${hint}`, nearest }]
  })
}

/**
 * What is wrong with variables that may still lack required ones, judged as the server judges, one failure per variable.
 * Told by the schema as it is written: the server's lets optional values be null as well, which makes its words longer.
 */
export function findVariableFailures(variables: JsonObject, template: JsonObject): SchemaFailure[] {
  const schema = isJsonObject(template.variables) ? template.variables : {}
  const properties = propertiesOf(template)
  return Object.entries(variables).flatMap(([name, value]) => {
    if (!Object.hasOwn(properties, name)) return []
    const one = Object.fromEntries([[name, value]])
    const failure = findSchemaFailure(one, schema, { ignoreRequired: true, allowNullWithDefault: true })
    if (!failure) return []
    return [findSchemaFailure(one, schema, { ignoreRequired: true, preprocess: false }) ?? failure]
  })
}

/** The declared variables of a template, none of what is no template. */
export function propertiesOf({ variables }: JsonObject): { [name: string]: JsonValue } {
  return isJsonObject(variables) && isJsonObject(variables.properties) ? variables.properties : {}
}
