import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import { isTooDeep, MAXIMUM_DEPTH } from './depth.ts'
import { AedileError } from './errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { preprocessSchema, withoutRequired } from './json-schema-preprocessing.ts'
import { isOfType, listViolations, type Violation } from './json-schema-violations.ts'
import { toPattern } from './python-pattern.ts'
import { pythonRepr } from './python-text.ts'

export type ValidationOptions = {
  /** Optional properties with a type accept null too, and old tuples are understood. True unless told. */
  preprocess?: boolean
  /** Also optional properties with a default accept null. */
  allowNullWithDefault?: boolean
  /** Missing required properties are no violation, at any depth. */
  ignoreRequired?: boolean
}

/** The violation that says most, in the words of the API. */
export type SchemaFailure = {
  /** `Validation failed for field 'x'. Failure reason: ...` */
  message: string
  reason: string
  /** JSON pointer of the value that is wrong. */
  pointer: string
}

/** A schema that is ready to be asked again and again. */
export type SchemaCheck = (value: JsonValue) => SchemaFailure | null

/** Checks a value against a JSON Schema (2020-12, formats not checked). Null when it holds. */
export function findSchemaFailure(value: JsonValue, schema: JsonObject, options: ValidationOptions = {}): SchemaFailure | null {
  return createSchemaCheck(schema, options)(value)
}

/** `findSchemaFailure` for many values: the schema, which must not change meanwhile, is prepared once, when it is first needed. */
export function createSchemaCheck(schema: JsonObject, options: ValidationOptions = {}): SchemaCheck {
  let ready: { prepared: JsonObject; validate: ValidateFunction | string } | undefined
  return (value) => {
    if (!ready) {
      refuseDepth(schema)
      const prepared = prepareSchema(schema, options)
      ready = { prepared, validate: compile(prepared) }
    }
    const { prepared, validate } = ready
    return inDepth(() => findFailure(value, prepared, validate))
  }
}

function findFailure(value: JsonValue, prepared: JsonObject, validate: ValidateFunction | string): SchemaFailure | null {
  if (typeof validate === 'string') {
    return { message: `Validation failed. Failure reason: ${validate}`, reason: validate, pointer: '' }
  }
  if (validate(value)) return null
  const best = findBestMatch(listViolations(value, prepared))
  if (best) return describe(best.path, best.violation.message)
  const [error] = validate.errors ?? []
  return describe(error?.instancePath.split('/').slice(1) ?? [], error?.message ?? 'the value breaks the schema')
}

/** All violations of a value, in the order of the schema; none when it holds. */
export function findSchemaViolations(value: JsonValue, schema: JsonObject, options: ValidationOptions = {}): Violation[] {
  refuseDepth(schema)
  const prepared = prepareSchema(schema, options)
  const validate = compile(prepared)
  return inDepth(() => (typeof validate !== 'string' && validate(value) ? [] : listViolations(value, prepared)))
}

/** The same without compiling the schema, which takes far longer than one value: for a schema that is asked once. */
export function readSchemaViolations(value: JsonValue, schema: JsonObject, options: ValidationOptions = {}): Violation[] {
  return listViolations(value, prepareSchema(schema, options))
}

/** @throws AedileError `schema_invalid` when this is no JSON Schema of 2020-12. */
export function validateSchema(schema: JsonObject, { preprocess = true }: Pick<ValidationOptions, 'preprocess'> = {}): void {
  refuseDepth(schema)
  metaValidator ??= new Ajv2020({ strict: false, validateFormats: false })
  // Always judged as 2020-12, whatever it calls itself: the preprocessing mends what is older.
  const { $schema: _dialect, ...checked } = preprocess ? preprocessSchema(schema) : schema
  if (metaValidator.validateSchema(checked)) return
  const errors = metaValidator.errors ?? []
  const error = errors.findLast(({ keyword }) => keyword === 'anyOf') ?? errors[0]
  const found = error?.instancePath ? pythonRepr(readPointer(checked, error.instancePath)) : 'the schema'
  const why = error?.keyword === 'anyOf' ? 'is not valid under any of the given schemas' : (error?.message ?? 'is not valid')
  throw new AedileError('schema_invalid', { why: `${found} ${why}` })
}
let metaValidator: Ajv2020 | undefined

/** Every part of a schema that 2020-12 does not allow, each place once, with a JSON pointer into the schema. */
export function listSchemaFaults(schema: JsonObject): { pointer: string; why: string }[] {
  faultLister ??= new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  const { $schema: _dialect, ...checked } = schema
  if (faultLister.validateSchema(checked)) return []
  const faults = new Map<string, string>()
  for (const { instancePath, message } of faultLister.errors ?? []) {
    if (!faults.has(instancePath)) faults.set(instancePath, message ?? 'is not valid')
  }
  return [...faults].map(([pointer, why]) => ({ pointer, why }))
}
let faultLister: Ajv2020 | undefined

function refuseDepth(schema: JsonObject): void {
  if (isTooDeep(schema)) throw new AedileError('schema_invalid', { why: `it is nested more than ${MAXIMUM_DEPTH} levels deep` })
}

/** A schema can send the check deeper than any stack: by a reference to itself, or along a value that is nested too deeply. */
function inDepth<Result>(check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new AedileError(
      'schema_invalid',
      { why: 'it refers to itself without end, or the value is nested too deeply' },
      { cause: error },
    )
  }
}

function prepareSchema(
  schema: JsonObject,
  { preprocess = true, allowNullWithDefault, ignoreRequired }: ValidationOptions,
): JsonObject {
  const prepared = preprocess ? preprocessSchema(schema, allowNullWithDefault) : schema
  return ignoreRequired ? (withoutRequired(prepared) as JsonObject) : prepared
}

/** Compiling takes milliseconds, so validators are kept, found again by the schema's text. A string says why none exists. */
const compiled = new Map<string, ValidateFunction | string>()
const COMPILED_LIMIT = 500

function compile(schema: JsonObject): ValidateFunction | string {
  const key = JSON.stringify(schema)
  const validate = compiled.get(key) ?? compileNew(schema)
  compiled.delete(key)
  compiled.set(key, validate)
  if (compiled.size > COMPILED_LIMIT) compiled.delete(compiled.keys().next().value!)
  return validate
}

/** Schemas are checked by validateSchema, not here; what is no keyword is no concern; `code` is for written-out validators. */
const COMPILER_OPTIONS: Options = {
  strict: false,
  validateFormats: false,
  validateSchema: false,
  meta: false,
  logger: false,
  // Ajv tells patterns apart by their text.
  code: {
    regExp: Object.assign((pattern: string) => ({ ...toPattern(pattern), toString: () => pattern }) as RegExp, {
      code: 'toPattern',
    }),
  },
}

function compileNew(schema: JsonObject): ValidateFunction | string {
  try {
    // A compiler of its own each, so that two schemas may have the same $id and a forgotten one can be collected.
    return new Ajv2020(COMPILER_OPTIONS).compile(schema)
  } catch (error) {
    const missing = error instanceof Error && 'missingRef' in error ? String(error.missingRef) : null
    if (missing !== null) return `Unresolvable: ${missing}`
    throw new AedileError('schema_invalid', { why: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

type Best = { violation: Violation; path: (string | number)[] }

/** The violation nearest to the top; of an `anyOf` the deepest one below it, unless two are equally good. */
function findBestMatch(violations: Violation[]): Best | null {
  const [first, ...others] = violations
  if (!first) return null
  let best = others.reduce((top, violation) => (compareRelevance(violation, top) > 0 ? violation : top), first)
  let path = best.path
  while (best.context.length > 0) {
    const [deepest, next] = best.context.toSorted(compareRelevance)
    if (next && compareRelevance(deepest!, next) === 0) break
    best = deepest!
    path = [...path, ...best.path]
  }
  return { violation: best, path }
}

function compareRelevance(one: Violation, other: Violation): number {
  return (
    other.path.length - one.path.length ||
    comparePaths(one.path, other.path) ||
    Number(!isWeak(one)) - Number(!isWeak(other)) ||
    Number(!hasRightType(one)) - Number(!hasRightType(other))
  )
}

function comparePaths(one: (string | number)[], other: (string | number)[]): number {
  const at = one.findIndex((key, index) => key !== other[index])
  return at < 0 ? 0 : one[at]! < other[at]! ? -1 : 1
}

const isWeak = ({ keyword }: Violation) => keyword === 'anyOf' || keyword === 'oneOf'

function hasRightType({ schema, instance }: Violation): boolean {
  if (!isJsonObject(schema) || schema.type === undefined) return false
  return (Array.isArray(schema.type) ? schema.type : [schema.type]).some((type) => isOfType(instance, type))
}

function describe(path: (string | number)[], reason: string): SchemaFailure {
  const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const start = path.length > 0 ? `Validation failed for field ${pythonRepr(toJsonPath(path))}.` : 'Validation failed.'
  return { message: `${start} Failure reason: ${reason}`, reason, pointer }
}

/** `a.b[0]`, with keys that are no plain names as `['a key']`. */
function toJsonPath(path: (string | number)[]): string {
  const text = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`
    return /^[a-zA-Z][a-zA-Z0-9_]*$/.test(key) ? `.${key}` : `['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`
  })
  return `$${text.join('')}`.replaceAll('$.', '')
}

function readPointer(value: JsonValue, pointer: string): JsonValue {
  return pointer
    .split('/')
    .slice(1)
    .reduce<JsonValue>((at, key) => (at as JsonObject)[key.replaceAll('~1', '/').replaceAll('~0', '~')] ?? null, value)
}
