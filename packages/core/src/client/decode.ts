import { isJsonObject } from '../json.ts'

/**
 * Anything that turns an answer into a value or throws; a zod schema is one. The calls per resource check only the shape
 * (an object, a list, a number): a newer server may add or loosen fields, and a client that refuses them would turn
 * every upgrade of a server into an outage of its workers.
 */
export type Decoder<T> = { parse: (value: unknown) => T }

/** The answer is one JSON object. */
export function objectOf<T extends object>(): Decoder<T> {
  return { parse: (value) => (isJsonObject(value) ? (value as T) : fail('an object', value)) }
}

/** The answer is a JSON array of objects. */
export function listOf<T extends object>(): Decoder<T[]> {
  return { parse: (value) => (Array.isArray(value) && value.every(isJsonObject) ? (value as T[]) : fail('a list', value)) }
}

/** The answer is a number. */
export const numberAnswer: Decoder<number> = {
  parse: (value) => (typeof value === 'number' ? value : fail('a number', value)),
}

/** The answer is text. */
export const textAnswer: Decoder<string> = { parse: (value) => (typeof value === 'string' ? value : fail('text', value)) }

/** The answer has no body, or one that nobody reads. */
export const noAnswer: Decoder<void> = { parse: () => undefined }

function fail(expected: string, value: unknown): never {
  throw new TypeError(`expected ${expected}, got ${(JSON.stringify(value) ?? 'nothing').slice(0, 200)}`)
}
