import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'

/** What stands in place of a secret. */
export const MASK = '********'

/**
 * Masks the values at the paths that a schema calls secret (`token`, `child.password`, `headers.*`). An object at such a
 * path keeps its keys, and every value below is masked.
 */
export function maskSecrets(data: JsonObject, secretFields: readonly string[]): JsonObject {
  return secretFields.reduce((masked, field) => changeAt(masked, toPath(field), maskAll) as JsonObject, data)
}

/** Puts the stored secrets back where an update carries only their masks, as a client sends back what it was shown. */
export function keepMaskedSecrets(update: JsonObject, stored: JsonObject, secretFields: readonly string[]): JsonObject {
  return secretFields.reduce((kept, field) => {
    const path = toPath(field)
    return changeAt(kept, path, (value) => restore(value, valueAt(stored, path))) as JsonObject
  }, update)
}

/** The paths that a schema's fields call secret. */
export function secretFieldsOf(fields: JsonObject): string[] {
  const listed = fields.secret_fields
  return Array.isArray(listed) ? listed.filter((field): field is string => typeof field === 'string') : []
}

/** A `*` covers everything below, so the path ends there. */
function toPath(field: string): string[] {
  const parts = field.split('.')
  const wildcard = parts.indexOf('*')
  return wildcard === -1 ? parts : parts.slice(0, wildcard)
}

function changeAt(value: JsonValue, path: readonly string[], change: (value: JsonValue) => JsonValue): JsonValue {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return value
  return { ...value, [key]: changeAt(value[key]!, rest, change) }
}

function maskAll(value: JsonValue): JsonValue {
  if (value === null) return null
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskAll(item)]))
  return MASK
}

function restore(value: JsonValue, stored: JsonValue | undefined): JsonValue {
  if (value === MASK) return stored ?? value
  if (!isJsonObject(value) || !isJsonObject(stored)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restore(item, stored[key])]))
}

function valueAt(data: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, key) => (isJsonObject(value) ? value[key] : undefined), data)
}
