import { z } from 'zod'

/** One error of validation as the API reports it: pydantic's form, which genuine clients print. Source: WC 0.7. */
export type ValidationError = {
  type: string
  loc: (string | number)[]
  msg: string
  input: unknown
  ctx?: Record<string, unknown>
}

/** A request whose query or body breaks its schema. Answered with 422. */
export class RequestInvalid extends Error {
  readonly errors: ValidationError[]
  readonly requestBody: unknown

  constructor(errors: ValidationError[], requestBody: unknown) {
    super('Invalid request received.')
    this.name = 'RequestInvalid'
    this.errors = errors
    this.requestBody = requestBody
  }
}

/** Checks a part of a request, or throws with every error found. */
export function validatePart<T>(schema: z.ZodType<T>, value: unknown, part: 'query' | 'body', requestBody: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = toValidationErrors(result.error.issues, value, [part])
  // A body that is one model shows itself as the input of a missing field; of several parameters, nothing.
  const isModel = part === 'body' && schema instanceof z.ZodObject && value !== undefined
  for (const error of errors) if (isModel && error.type === 'missing' && error.loc.length === 2) error.input = value
  throw new RequestInvalid(errors, requestBody)
}

/** Turns the issues of a schema into the API's errors. */
export function toValidationErrors(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  prefix: (string | number)[],
): ValidationError[] {
  return issues.flatMap((issue) => toErrors(issue, value, prefix))
}

function toErrors(issue: z.core.$ZodIssue, value: unknown, prefix: (string | number)[]): ValidationError[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
  const loc = [...prefix, ...path]
  const input = valueAt(value, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        type: 'extra_forbidden',
        loc: [...loc, key],
        msg: 'Extra inputs are not permitted',
        input: valueAt(input, [key]),
      }))
    case 'invalid_union': {
      const branches = issue.errors.map((branch) => toValidationErrors(branch, input, loc))
      const deepest = branches.filter((branch) => branch.some((error) => error.loc.length > loc.length))
      const shown = (deepest.length > 0 ? deepest : branches).flat()
      return shown.length > 0 ? shown : [{ type: 'value_error', loc, msg: issue.message, input }]
    }
    case 'invalid_type':
      if (input === undefined) return [missing(value, loc, path)]
      return [{ ...typeError(issue.expected), loc, input }]
    case 'invalid_value': {
      if (input === undefined) return [missing(value, loc, path)]
      if ((issue as { expected?: unknown }).expected === 'stringbool') return [{ ...NO_BOOLEAN, loc, input }]
      const expected = listed(issue.values.map((one) => (typeof one === 'string' ? `'${one}'` : String(one))))
      return [{ type: 'enum', loc, msg: `Input should be ${expected}`, input, ctx: { expected } }]
    }
    case 'too_small':
    case 'too_big':
      return [{ ...boundError(issue), loc, input }]
    case 'invalid_format':
      if (issue.format === 'regex' && issue.message.startsWith('Input should be a valid UUID')) {
        return [{ type: 'uuid_parsing', loc, msg: issue.message, input, ctx: { error: 'invalid format' } }]
      }
      if (issue.message.startsWith('must only contain')) {
        return [
          { type: 'value_error', loc, msg: `Value error, ${path.at(-1) ?? 'it'} ${issue.message}`, input, ctx: { error: {} } },
        ]
      }
      return [
        {
          type: 'string_pattern_mismatch',
          loc,
          msg: issue.message,
          input,
          ctx: { pattern: String(issue.pattern ?? issue.format).replace(/^\/(.*)\/\w*$/, '$1') },
        },
      ]
    case 'custom':
      return [{ type: 'value_error', loc, msg: `Value error, ${issue.message}`, input, ctx: { error: {} } }]
    default:
      return [{ type: 'value_error', loc, msg: issue.message, input }]
  }
}

function missing(value: unknown, loc: (string | number)[], path: (string | number)[]): ValidationError {
  const parent = path.length > 1 ? valueAt(value, path.slice(0, -1)) : null
  return { type: 'missing', loc, msg: 'Field required', input: parent ?? null }
}

const NO_BOOLEAN = { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' }

const TYPE_ERRORS: Record<string, { type: string; msg: string }> = {
  string: { type: 'string_type', msg: 'Input should be a valid string' },
  number: { type: 'float_type', msg: 'Input should be a valid number' },
  int: { type: 'int_type', msg: 'Input should be a valid integer' },
  boolean: { type: 'bool_type', msg: 'Input should be a valid boolean' },
  array: { type: 'list_type', msg: 'Input should be a valid list' },
  record: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  object: { type: 'model_attributes_type', msg: 'Input should be a valid dictionary or object to extract fields from' },
}

function typeError(expected: string): { type: string; msg: string } {
  return TYPE_ERRORS[expected] ?? { type: 'value_error', msg: `Input should be a valid ${expected}` }
}

function boundError(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): Omit<ValidationError, 'loc' | 'input'> {
  const small = issue.code === 'too_small'
  const bound = Number(small ? issue.minimum : issue.maximum)
  const counted = issue.origin === 'string' ? 'character' : 'item'
  const plural = bound === 1 ? counted : `${counted}s`
  if (issue.origin === 'string') {
    return small
      ? { type: 'string_too_short', msg: `String should have at least ${bound} ${plural}`, ctx: { min_length: bound } }
      : { type: 'string_too_long', msg: `String should have at most ${bound} ${plural}`, ctx: { max_length: bound } }
  }
  if (issue.origin === 'array' || issue.origin === 'set') {
    return small
      ? { type: 'too_short', msg: `List should have at least ${bound} ${plural}`, ctx: { min_length: bound } }
      : { type: 'too_long', msg: `List should have at most ${bound} ${plural}`, ctx: { max_length: bound } }
  }
  const or = issue.inclusive ? ' or equal to' : ''
  const type = `${small ? 'greater_than' : 'less_than'}${issue.inclusive ? '_equal' : ''}`
  const key = `${small ? 'g' : 'l'}${issue.inclusive ? 'e' : 't'}`
  return { type, msg: `Input should be ${small ? 'greater' : 'less'} than${or} ${bound}`, ctx: { [key]: bound } }
}

function listed(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.hasOwn(at, key) ? (at as Record<string | number, unknown>)[key] : undefined
  }
  return at
}
