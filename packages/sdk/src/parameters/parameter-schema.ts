import { isJsonObject, type JsonObject } from '@aedile/core/json'
import type { StandardSchemaV1 } from './standard-schema.ts'

/** The JSON Schema of a flow without declared parameters: the server then checks nothing. */
const NO_PARAMETERS: JsonObject = { title: 'Parameters', type: 'object', properties: {} }

/**
 * The JSON Schema of parameters in the shape that the API expects: `definitions` instead of `$defs`, a title and a
 * position for every property, `required` and `definitions` only when not empty. zod schemas are translated; another
 * library's schema is used when it offers `toJSONSchema()`, otherwise the deployment carries no schema.
 */
export async function buildParameterSchema(schema: StandardSchemaV1 | undefined): Promise<JsonObject> {
  const raw = schema ? await toJsonSchema(schema) : null
  if (!raw || !isJsonObject(raw.properties)) return NO_PARAMETERS
  const properties: JsonObject = {}
  for (const [position, [name, property]] of Object.entries(raw.properties).entries()) {
    const given = isJsonObject(property) ? property : {}
    properties[name] = { ...given, title: given.title ?? name, position }
  }
  const definitions = raw.definitions ?? raw.$defs
  const result: JsonObject = { title: 'Parameters', type: 'object', properties }
  if (Array.isArray(raw.required) && raw.required.length > 0) result.required = raw.required
  if (isJsonObject(definitions) && Object.keys(definitions).length > 0) result.definitions = definitions
  return JSON.parse(JSON.stringify(result).replaceAll('"#/$defs/', '"#/definitions/')) as JsonObject
}

async function toJsonSchema(schema: StandardSchemaV1): Promise<JsonObject | null> {
  if (schema['~standard'].vendor === 'zod') {
    const { z } = await import('zod')
    // What callers send is the input; types that JSON has no word for become "anything".
    return z.toJSONSchema(schema as never, { io: 'input', unrepresentable: 'any', target: 'draft-7' }) as JsonObject
  }
  const other = schema as { toJSONSchema?: () => unknown }
  const made = typeof other.toJSONSchema === 'function' ? other.toJSONSchema() : null
  return isJsonObject(made) ? made : null
}
