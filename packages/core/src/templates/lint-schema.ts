import { isAedileError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { listSchemaFaults, readSchemaViolations } from '../json-schema.ts'
import { followReference } from '../json-schema-violations.ts'
import { toPattern } from '../python-pattern.ts'
import { type FindingList, kindOf } from './lint-finding.ts'
import { joinPointer } from './placeholders.ts'

const OPTIONS = { ignoreRequired: true, allowNullWithDefault: true }
const PLAIN = { ignoreRequired: true, preprocess: false }

/** Runs a check against a schema; a server gives one that stops it in time. @throws AedileError `schema_invalid` then. */
export type CheckRunner = <T>(check: () => T) => T

/** Checks that the variables are a JSON Schema of a mapping, and that every default keeps to it. */
export function lintSchema(variables: JsonObject, list: FindingList, runCheck: CheckRunner): void {
  if (Object.keys(variables).length === 0) return
  const isShaped = lintShape(variables, list)
  try {
    const faults = [...listSchemaFaults(variables), ...listDeadEnds(variables)]
    for (const { pointer, why } of faults) {
      list.error('schema-invalid', `/variables${pointer}`, `This is no JSON Schema (2020-12): it ${why}.`)
    }
    if (faults.length === 0 && isShaped) runCheck(() => lintDefaults(variables, list))
  } catch (error) {
    const reason = reasonOf(error)
    list.error('schema-invalid', '/variables', `The variables cannot be checked: ${reason}.`)
  }
}

function lintShape({ type, properties }: JsonObject, list: FindingList): boolean {
  if (type !== undefined && type !== 'object') {
    const message = 'Job variables are a mapping, so the type of their schema is object.'
    list.warning('section-ill-typed', '/variables/type', message)
  }
  if (properties === undefined || isJsonObject(properties)) return true
  const message = `properties is ${kindOf(properties)}; expected a mapping of the variables.`
  list.error('section-ill-typed', '/variables/properties', message)
  return false
}

/** Keys of a schema whose values are mappings of schemas by name, and those whose values are no schemas. */
const NAMED = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas'])
const VALUES = new Set(['default', 'const', 'enum', 'examples'])

/** References that lead nowhere and regular expressions that are none: what the schema of schemas does not say. */
function* listDeadEnds(root: JsonObject): Iterable<{ pointer: string; why: string }> {
  const mayNameParts = /"\$(id|anchor|dynamicAnchor)"/.test(JSON.stringify(root))
  const open: { at: JsonValue; pointer: string; isNamed: boolean }[] = [{ at: root, pointer: '', isNamed: false }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { at, pointer, isNamed } = next
    if (typeof at !== 'object' || at === null) continue
    const entries: [string | number, JsonValue][] = Array.isArray(at) ? [...at.entries()] : Object.entries(at)
    for (const [key, value] of entries.reverse()) {
      const below = joinPointer(pointer, key)
      if (
        !isNamed &&
        key === '$ref' &&
        typeof value === 'string' &&
        !mayNameParts &&
        followReference(value, root) === undefined
      ) {
        yield { pointer: below, why: `refers to ${value}, which is nowhere in it` }
      }
      const pattern = !isNamed && key === 'pattern' ? value : pointer.endsWith('/patternProperties') && isNamed ? key : null
      const why = typeof pattern === 'string' ? findPatternFault(pattern) : null
      if (why !== null) yield { pointer: below, why }
      if (isNamed || !VALUES.has(String(key)))
        open.push({ at: value, pointer: below, isNamed: !isNamed && NAMED.has(String(key)) })
    }
  }
}

/** Why a regular expression cannot be asked; null when it can. */
function findPatternFault(pattern: string): string | null {
  try {
    toPattern(pattern)
    return null
  } catch (error) {
    if (isAedileError(error, 'schema_invalid')) return `cannot be checked: ${error.details.why}`
    return `has ${pattern}, which is no regular expression that can be checked here`
  }
}

function lintDefaults(variables: JsonObject, list: FindingList): void {
  const properties = isJsonObject(variables.properties) ? variables.properties : {}
  const defaults = Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      isJsonObject(property) && Object.hasOwn(property, 'default') && !isReference(property.default)
        ? [[name, property.default!] as const]
        : [],
    ),
  )
  const violations = readSchemaViolations(defaults, variables, OPTIONS)
  if (violations.length === 0) return
  // Told by the schema as it is written: the one that is judged by accepts null as well, which makes its words longer.
  const plain = new Map(readSchemaViolations(defaults, variables, PLAIN).map((one) => [one.path[0], one]))
  const told = new Set<string>()
  for (const violation of violations) {
    const [name] = violation.path
    if (name === undefined) {
      list.error('schema-invalid', '/variables', `The defaults break the schema together: ${violation.message}.`)
      continue
    }
    const { path, message } = plain.get(name) ?? violation
    const pointer = [name, 'default', ...path.slice(1)].reduce<string>(joinPointer, '/variables/properties')
    if (told.has(pointer)) continue
    told.add(pointer)
    list.error('default-invalid', pointer, `The default of ${name} breaks its own schema: ${message}.`)
  }
}

/** The default is a block's data, which only a server knows. */
function isReference(value: unknown): boolean {
  return isJsonObject(value) && Object.hasOwn(value, '$ref')
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'they are nested too deeply, or refer to themselves without end'
  if (isAedileError(error, 'schema_invalid')) return String(error.details.why)
  throw error
}
