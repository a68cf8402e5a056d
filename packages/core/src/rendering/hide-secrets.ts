import type { Job } from '../infrastructure-definition.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'

/** What stands in place of a secret, as in answers of the API. */
export const SECRET_MASK = '********'

/** Names of environment variables whose values nobody may see. */
export type SecretHiding = { names: ReadonlySet<string> }

/**
 * Masks secret settings wherever a job sets variables: in mappings from name to value, and in lists of name and value as
 * manifests have them. Done before preparation, so that nothing is derived from a secret.
 */
export function hideSecretSettings(job: Job, hiding: SecretHiding): Job {
  return hideIn(job, hiding) as Job
}

function hideIn(value: JsonValue, hiding: SecretHiding): JsonValue {
  if (Array.isArray(value)) return value.map((item) => hideIn(item, hiding))
  if (!isJsonObject(value)) return value
  const isNamed = typeof value.name === 'string' && hiding.names.has(value.name)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isSecret = hiding.names.has(key) || (isNamed && key === 'value')
      return [key, isSecret && typeof item === 'string' ? maskText(item) : hideIn(item, hiding)]
    }),
  )
}

/** A JSON object in a text, as custom headers are, keeps its keys. */
function maskText(text: string): string {
  if (text === '') return text
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return JSON.stringify(mask(value))
  } catch {
    // No JSON: one secret.
  }
  return SECRET_MASK
}

/** Masks what is at these JSON pointers. Null and what is missing stay. */
export function hideAt(job: Job, pointers: readonly string[]): Job {
  return pointers.reduce<JsonObject>((hidden, pointer) => {
    const keys = pointer.split('/').slice(1)
    return changeAt(
      hidden,
      keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')),
    ) as JsonObject
  }, job) as Job
}

function changeAt(value: JsonValue, [key, ...rest]: readonly string[]): JsonValue {
  if (key === undefined) return mask(value)
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? changeAt(item, rest) : item))
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, name === key ? changeAt(item, rest) : item]))
}

function mask(value: JsonValue): JsonValue {
  if (value === null) return null
  if (Array.isArray(value)) return value.map(mask)
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item)]))
  return SECRET_MASK
}

/** Masks in a message what is masked in the job: schemas cite the values that break them. */
export function hideInText(message: string, before: JsonValue, after: JsonValue): string {
  return hiddenTexts(before, after).reduce((text, secret) => text.replaceAll(secret, SECRET_MASK), message)
}

function hiddenTexts(before: JsonValue, after: JsonValue): string[] {
  if (before === after) return []
  if (typeof before !== 'object' || before === null) return before === '' ? [] : [String(before)]
  if (typeof after !== 'object' || after === null) return []
  const below = after as { [key: string]: JsonValue }
  return Object.entries(before).flatMap(([key, item]) => hiddenTexts(item, below[key] ?? null))
}
