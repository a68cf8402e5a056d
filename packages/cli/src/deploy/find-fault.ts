import type { JsonObject } from '@aedile/core/json'
import { findSchemaFailure, type SchemaFailure } from '@aedile/core/json-schema'

/**
 * What is wrong with values that may still lack required ones, judged as the server judges. Told by the schema as it is
 * written: the server's lets optional values be null as well, which makes its words longer and no clearer.
 */
export function findFault(values: JsonObject, schema: JsonObject): SchemaFailure | null {
  const failure = findSchemaFailure(values, schema, { ignoreRequired: true })
  return failure && (findSchemaFailure(values, schema, { ignoreRequired: true, preprocess: false }) ?? failure)
}
