import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/**
 * Mends schemas that an older pydantic wrote: optional typed properties accept null, tuples use `prefixItems`, definitions
 * of block types accept a `$ref` in place of the block. Returns a copy.
 */
export function preprocessSchema(schema: JsonObject, allowNullWithDefault = false): JsonObject {
  const copy = structuredClone(schema)
  mendProperties(copy, allowNullWithDefault)
  const definitions = copy.definitions
  if (!isJsonObject(definitions)) return copy
  for (const definition of Object.values(definitions)) {
    if (!isJsonObject(definition)) continue
    mendProperties(definition, allowNullWithDefault)
    if ('block_type_slug' in definition) definitions[String(definition.title)] = { oneOf: [definition, BLOCK_REFERENCE] }
  }
  return copy
}

function mendProperties(schema: JsonObject, allowNullWithDefault: boolean): void {
  if (!isJsonObject(schema.properties)) return
  const required = Array.isArray(schema.required) ? schema.required : []
  for (const [name, property] of Object.entries(schema.properties)) {
    if (!isJsonObject(property)) continue
    const { type } = property
    if (!required.includes(name) && type !== undefined && type !== 'null' && (allowNullWithDefault || !('default' in property))) {
      property.anyOf = [{ type }, { type: 'null' }]
      delete property.type
    }
    if (Array.isArray(property.items) && property.items.length > 0 && !property.prefixItems) {
      property.prefixItems = property.items
      delete property.items
    }
    mendProperties(property, allowNullWithDefault)
  }
}

const BLOCK_REFERENCE: JsonObject = {
  type: 'object',
  properties: {
    $ref: {
      oneOf: [
        { type: 'string', format: 'uuid' },
        { type: 'object', additionalProperties: { type: 'string' }, minProperties: 1 },
      ],
    },
  },
  required: ['$ref'],
}

/**
 * The schema without any `required` list. Like the genuine one, this also drops a property of that name, and leaves what
 * stands in lists as it is.
 */
export function withoutRequired(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return schema
  const kept = Object.entries(schema).filter(([key]) => key !== 'required')
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutRequired(value)]))
}
