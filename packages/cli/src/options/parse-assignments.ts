import type { JsonObject, JsonValue } from '@aedile/core/json'
import { CliFailure, EXIT_CODES } from '../failure.ts'

/** Reads `NAME=JSON` assignments; what is no JSON is text. Later ones win. */
export function parseAssignments(option: string, assignments: string[] | undefined): JsonObject {
  return Object.fromEntries(
    (assignments ?? []).map((text) => {
      const at = text.indexOf('=')
      if (at <= 0) throw new CliFailure(`${option} takes NAME=VALUE, found ${JSON.stringify(text)}.`, EXIT_CODES.usage.code)
      return [text.slice(0, at), jsonOrText(text.slice(at + 1))]
    }),
  )
}

/** Reads one JSON object. */
export function parseJsonObject(option: string, text: string | undefined): JsonObject {
  if (text === undefined) return {}
  const value = jsonOrText(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new CliFailure(`${option} takes a JSON object, found ${text}.`, EXIT_CODES.usage.code)
}

/** Text that is JSON as its value, anything else as it stands. */
export function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}
