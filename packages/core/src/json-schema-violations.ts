import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { toPattern } from './python-pattern.ts'
import { pythonRepr } from './python-text.ts'

/** One way in which a value breaks a schema. `path` is relative to the violation in whose `context` it stands. */
export type Violation = {
  keyword: string
  message: string
  path: (string | number)[]
  instance: JsonValue
  schema: JsonValue
  /** Of `anyOf` and `oneOf`: why each branch was refused. */
  context: Violation[]
}

type Found = Pick<Violation, 'message'> & Partial<Violation>
type At = { instance: JsonValue; schema: JsonObject; root: JsonValue }
type Check = (value: JsonValue, at: At) => Iterable<Found>

/**
 * Lists how a value breaks a JSON Schema, in the order and the words of Python's jsonschema, which the API's clients read.
 * Slow beside a compiled validator, so it is asked only about values that one has refused.
 */
export function listViolations(instance: JsonValue, schema: JsonValue, root: JsonValue = schema): Violation[] {
  if (schema === false) {
    const message = `False schema does not allow ${pythonRepr(instance)}`
    return [{ keyword: '', message, path: [], instance, schema, context: [] }]
  }
  if (!isJsonObject(schema)) return []
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const check = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined
    if (!check) return []
    const found = [...check(value, { instance, schema, root })]
    return found.map((violation) => ({ keyword, path: [], instance, schema, context: [], ...violation }))
  })
}

function* descend(instance: JsonValue, schema: JsonValue, root: JsonValue, ...path: (string | number)[]): Iterable<Violation> {
  for (const violation of listViolations(instance, schema, root)) yield { ...violation, path: [...path, ...violation.path] }
}

const isValid = (instance: JsonValue, schema: JsonValue, root: JsonValue) => listViolations(instance, schema, root).length === 0
const list = (value: JsonValue): JsonValue[] => (Array.isArray(value) ? value : [value])
const map = (value: JsonValue): JsonObject => (isJsonObject(value) ? value : {})
const reprs = (values: JsonValue[]) => values.map(pythonRepr).join(', ')
const length = (text: string) => [...text].length
const sentence = (broken: boolean, message: () => string): Found[] => (broken ? [{ message: message() }] : [])

const onNumber =
  (isBroken: (instance: number, limit: number) => boolean, words: string): Check =>
  (limit, { instance }) =>
    sentence(
      typeof instance === 'number' && isBroken(instance, Number(limit)),
      () => `${pythonRepr(instance)} ${words} ${pythonRepr(limit)}`,
    )

const onSize =
  (sizeOf: (instance: JsonValue) => number | undefined, isMinimum: boolean, words: [one: string, many: string]): Check =>
  (limit, { instance }) => {
    const size = sizeOf(instance)
    const isBroken = size !== undefined && (isMinimum ? size < Number(limit) : size > Number(limit))
    return sentence(isBroken, () => `${pythonRepr(instance)} ${Number(limit) === (isMinimum ? 1 : 0) ? words[0] : words[1]}`)
  }
const textSize = (value: JsonValue) => (typeof value === 'string' ? length(value) : undefined)
const listSize = (value: JsonValue) => (Array.isArray(value) ? value.length : undefined)
const mapSize = (value: JsonValue) => (isJsonObject(value) ? Object.keys(value).length : undefined)

const CHECKS: Record<string, Check> = {
  type: (types, { instance }) =>
    sentence(
      !list(types).some((type) => isOfType(instance, type)),
      () => `${pythonRepr(instance)} is not of type ${reprs(list(types))}`,
    ),
  enum: (values, { instance }) =>
    sentence(
      !list(values).some((value) => isEqual(value, instance)),
      () => `${pythonRepr(instance)} is not one of ${pythonRepr(values)}`,
    ),
  const: (value, { instance }) => sentence(!isEqual(value, instance), () => `${pythonRepr(value)} was expected`),
  minimum: onNumber((a, b) => a < b, 'is less than the minimum of'),
  maximum: onNumber((a, b) => a > b, 'is greater than the maximum of'),
  exclusiveMinimum: onNumber((a, b) => a <= b, 'is less than or equal to the minimum of'),
  exclusiveMaximum: onNumber((a, b) => a >= b, 'is greater than or equal to the maximum of'),
  multipleOf: onNumber((a, b) => !Number.isInteger(a / b), 'is not a multiple of'),
  minLength: onSize(textSize, true, ['should be non-empty', 'is too short']),
  maxLength: onSize(textSize, false, ['is expected to be empty', 'is too long']),
  minItems: onSize(listSize, true, ['should be non-empty', 'is too short']),
  maxItems: onSize(listSize, false, ['is expected to be empty', 'is too long']),
  minProperties: onSize(mapSize, true, ['should be non-empty', 'does not have enough properties']),
  maxProperties: onSize(mapSize, false, ['is expected to be empty', 'has too many properties']),
  pattern: (pattern, { instance }) =>
    sentence(
      typeof instance === 'string' && !matches(pattern, instance),
      () => `${pythonRepr(instance)} does not match ${pythonRepr(pattern)}`,
    ),
  uniqueItems: (isUnique, { instance }) => {
    const repeated = list(instance).some((item, index, all) => all.slice(0, index).some((earlier) => isEqual(earlier, item)))
    return sentence(isUnique === true && repeated, () => `${pythonRepr(instance)} has non-unique elements`)
  },
  required: (names, { instance }) =>
    isJsonObject(instance)
      ? list(names)
          .filter((name) => !Object.hasOwn(instance, String(name)))
          .map((name) => ({ message: `${pythonRepr(name)} is a required property` }))
      : [],
  dependentRequired: (dependencies, { instance }) =>
    Object.entries(map(dependencies)).flatMap(([name, needed]) =>
      isJsonObject(instance) && Object.hasOwn(instance, name)
        ? list(needed)
            .filter((each) => !Object.hasOwn(instance, String(each)))
            .map((each) => ({ message: `${pythonRepr(each)} is a dependency of ${pythonRepr(name)}` }))
        : [],
    ),
  *properties(properties, { instance, root }) {
    for (const [name, schema] of Object.entries(map(properties))) {
      if (isJsonObject(instance) && Object.hasOwn(instance, name)) yield* descend(instance[name]!, schema, root, name)
    }
  },
  *patternProperties(patterns, { instance, root }) {
    for (const [pattern, schema] of Object.entries(map(patterns))) {
      for (const [name, value] of Object.entries(map(instance))) {
        if (matches(pattern, name)) yield* descend(value, schema, root, name)
      }
    }
  },
  *propertyNames(schema, { instance, root }) {
    for (const name of Object.keys(map(instance))) yield* descend(name, schema, root)
  },
  *additionalProperties(schema, { instance, schema: parent, root }) {
    const patterns = Object.keys(map(parent.patternProperties ?? {}))
    const extras = Object.keys(map(instance)).filter(
      (name) => !Object.hasOwn(map(parent.properties ?? {}), name) && !patterns.some((pattern) => matches(pattern, name)),
    )
    if (isJsonObject(schema)) for (const name of extras) yield* descend(map(instance)[name]!, schema, root, name)
    else if (schema === false && extras.length > 0) {
      const names = reprs(extras.toSorted())
      const message =
        patterns.length > 0
          ? `${names} ${extras.length === 1 ? 'does' : 'do'} not match any of the regexes: ${reprs(patterns.toSorted())}`
          : `Additional properties are not allowed (${names} ${extras.length === 1 ? 'was' : 'were'} unexpected)`
      yield { message }
    }
  },
  *prefixItems(schemas, { instance, root }) {
    const items = Array.isArray(instance) ? instance : []
    for (const [index, schema] of list(schemas).slice(0, items.length).entries())
      yield* descend(items[index]!, schema, root, index)
  },
  *items(schema, { instance, schema: parent, root }) {
    if (!Array.isArray(instance)) return
    const prefix = list(parent.prefixItems ?? []).length
    const rest = instance.slice(prefix)
    if (schema !== false) for (const [index, item] of rest.entries()) yield* descend(item, schema, root, prefix + index)
    else if (rest.length > 0) {
      const found = pythonRepr(rest.length === 1 ? rest[0]! : rest)
      yield { message: `Expected at most ${prefix} item${prefix === 1 ? '' : 's'} but found ${rest.length} extra: ${found}` }
    }
  },
  *contains(schema, { instance, schema: parent, root }) {
    if (!Array.isArray(instance)) return
    const matching = instance.filter((item) => isValid(item, schema, root)).length
    const [least, most] = [Number(parent.minContains ?? 1), Number(parent.maxContains ?? instance.length)]
    if (matching > most) yield { message: `Too many items match the given schema (expected at most ${most})` }
    else if (matching < least && matching === 0) {
      yield { message: `${pythonRepr(instance)} does not contain items matching the given schema` }
    } else if (matching < least) {
      yield { message: `Too few items match the given schema (expected at least ${least} but only ${matching} matched)` }
    }
  },
  *allOf(schemas, { instance, root }) {
    for (const schema of list(schemas)) yield* descend(instance, schema, root)
  },
  *anyOf(schemas, { instance, root }) {
    const context = list(schemas).map((schema) => listViolations(instance, schema, root))
    if (context.some((violations) => violations.length === 0)) return
    yield { message: `${pythonRepr(instance)} is not valid under any of the given schemas`, context: context.flat() }
  },
  *oneOf(schemas, { instance, root }) {
    const context = list(schemas).map((schema) => listViolations(instance, schema, root))
    const [first, ...more] = list(schemas).filter((_, index) => context[index]!.length === 0)
    if (first === undefined) {
      yield { message: `${pythonRepr(instance)} is not valid under any of the given schemas`, context: context.flat() }
    } else if (more.length > 0) {
      yield { message: `${pythonRepr(instance)} is valid under each of ${reprs([...more, first])}` }
    }
  },
  not: (schema, { instance, root }) =>
    sentence(isValid(instance, schema, root), () => `${pythonRepr(instance)} should not be valid under ${pythonRepr(schema)}`),
  *if(schema, { instance, schema: parent, root }) {
    const next = isValid(instance, schema, root) ? parent.then : parent.else
    if (next !== undefined) yield* descend(instance, next, root)
  },
  *dependentSchemas(schemas, { instance, root }) {
    for (const [name, schema] of Object.entries(map(schemas))) {
      if (Object.hasOwn(map(instance), name)) yield* descend(instance, schema, root)
    }
  },
  *$ref(reference, { instance, root }) {
    const schema = followReference(String(reference), root)
    if (schema !== undefined) yield* descend(instance, schema, root)
  },
}

/** What a reference within a schema leads to; undefined when it leads nowhere, or out of the schema. */
export function followReference(reference: string, root: JsonValue): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined
  const keys = reference.slice(1).split('/').slice(1)
  return keys.reduce<JsonValue | undefined>((at, key) => {
    const name = decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at)) return at[Number(name)]
    return isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }, root)
}

/** True for a value of a JSON Schema type; whole numbers are integers, however they were written. */
export function isOfType(value: JsonValue, type: JsonValue | undefined): boolean {
  if (type === 'object') return isJsonObject(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  return (type === 'string' || type === 'number' || type === 'boolean') && typeof value === type
}

function isEqual(one: JsonValue, other: JsonValue): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isEqual(item, other[index]!))
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return one === other
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key]!, other[key]!))
  )
}

function matches(pattern: JsonValue, text: string): boolean {
  return toPattern(String(pattern)).test(text)
}
