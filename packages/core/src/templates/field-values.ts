import { AedileError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { isJsonObject } from '../json.ts'
import { joinPointer } from './placeholders.ts'

/**
 * Reads the fields of a filled template as a genuine worker's configuration class does. Each takes what pydantic takes and
 * refuses the rest with `template_invalid` and a JSON pointer. Null is no value of any of them but the `OrNull` ones.
 */
export function toText(pointer: string, value: JsonValue): string {
  if (typeof value === 'string') return value
  throw illTyped(pointer, 'text', value)
}

/** Text, or null for null. */
export function toTextOrNull(pointer: string, value: JsonValue): string | null {
  return value === null ? null : toText(pointer, value)
}

/** A list of texts. */
export function toTexts(pointer: string, value: JsonValue): string[] {
  if (!Array.isArray(value)) throw illTyped(pointer, 'a list', value)
  return value.map((item, index) => toText(joinPointer(pointer, String(index)), item))
}

/** A mapping, or null for null. */
export function toMappingOrNull(pointer: string, value: JsonValue): JsonObject | null {
  if (value === null || isJsonObject(value)) return value
  throw illTyped(pointer, 'a mapping', value)
}

const TRUE = ['1', 'true', 't', 'yes', 'y', 'on']
const FALSE = ['0', 'false', 'f', 'no', 'n', 'off']

/** True or false, also as the numbers and words that pydantic takes for them. */
export function toBoolean(pointer: string, value: JsonValue): boolean {
  if (value !== null && typeof value !== 'object') {
    const word = String(value).toLowerCase()
    if (TRUE.includes(word)) return true
    if (FALSE.includes(word)) return false
  }
  throw illTyped(pointer, 'true or false', value)
}

/** The refusal of a value: where, what was expected, what came. */
export function illTyped(pointer: string, expected: string, value: JsonValue | undefined): AedileError {
  const found = value === undefined ? 'nothing' : JSON.stringify(value)
  return new AedileError('template_invalid', { pointer, why: `expected ${expected}, found ${found}` })
}
