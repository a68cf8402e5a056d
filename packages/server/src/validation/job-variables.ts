import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { type SchemaFailure, validateSchema } from '@aedile/core/json-schema'
import { dropNumberSources } from '@aedile/core/python-text'
import type { Kysely } from 'kysely'
import { loadBlockDocument } from '../http/blocks/load-block-documents.ts'
import { HttpError } from '../http/route.ts'
import type { Encryption } from '../store/encryption.ts'
import type { Database } from '../store/tables.ts'
import { findFailureInTime } from './find-failure-in-time.ts'

/** What checking needs, to look up blocks that defaults refer to. */
export type BlockReading = { db: Kysely<Database>; encryption: Encryption }

export type JobVariablesCheck = {
  template: JsonObject
  /** Later layers win. */
  layers: readonly (JsonObject | null | undefined)[]
  /** All variables should be there by now, so required ones are demanded. */
  isComplete?: boolean
  /** The defaults themselves are what is checked. */
  checkDefaults?: boolean
}

/**
 * Checks job variables against the variables of a pool's template, on top of their defaults. Source: WC 5.3.
 * @returns what is wrong, or null.
 */
export async function findJobVariablesFailure(reading: BlockReading, check: JobVariablesCheck): Promise<SchemaFailure | null> {
  const variables = check.template.variables
  if (!isJsonObject(variables) || Object.keys(variables).length === 0) return null
  validateSchema(variables, { preprocess: false })
  const { defaults, someInvalid } = await readDefaults(reading, variables, check.checkDefaults ?? false)
  // By entries: to assign an object would take its key `__proto__` for the prototype.
  const values: JsonObject = Object.fromEntries([defaults, ...check.layers].flatMap((layer) => Object.entries(layer ?? {})))
  // Where a default of the pool is itself invalid, what it would have filled cannot be demanded.
  const ignoreRequired = !check.isComplete || someInvalid
  return findFailureInTime(values, variables, { ignoreRequired, allowNullWithDefault: true })
}

async function readDefaults(
  reading: BlockReading,
  variables: JsonObject,
  keepInvalid: boolean,
): Promise<{ defaults: JsonObject; someInvalid: boolean }> {
  const defaults: JsonObject = {}
  let someInvalid = false
  const properties = isJsonObject(variables.properties) ? variables.properties : {}
  for (const [name, property] of Object.entries(properties)) {
    if (!isJsonObject(property) || !Object.hasOwn(property, 'default')) continue
    const value = await resolveReference(reading, property.default!)
    if (value === undefined) continue
    const failure = keepInvalid
      ? null
      : findFailureInTime({ [name]: value }, variables, { preprocess: false, ignoreRequired: true })
    if (failure) someInvalid = true
    else defaults[name] = value
  }
  return { defaults, someInvalid }
}

/** A default of the form `{"$ref": {"block_document_id": ...}}` stands for the block's data. */
async function resolveReference({ db, encryption }: BlockReading, value: JsonValue): Promise<JsonValue | undefined> {
  if (!isJsonObject(value) || !Object.hasOwn(value, '$ref')) return value
  const id = isJsonObject(value.$ref) ? value.$ref.block_document_id : null
  if (id === null || id === undefined) return undefined
  const isId = typeof id === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
  const block = isId ? await loadBlockDocument({ db, encryption, includeSecrets: true }, id.toLowerCase()) : null
  if (!block) throw new HttpError(404, 'Block not found.')
  return dropNumberSources(block.data)
}
