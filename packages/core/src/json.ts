import { SourceNumber } from './python-text.ts'

/** A value that JSON can hold. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/** A JSON object whose keys belong to the user: they are never renamed or reordered. */
export type JsonObject = { [key: string]: JsonValue }

/** True for a plain JSON object, false for arrays, null and scalars, also for numbers that know their source text. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof SourceNumber)
}
