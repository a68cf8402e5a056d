import { isAedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import { hydrate } from '@aedile/core/templates/hydration'
import type { Kysely } from 'kysely'
import { HttpError } from '../http/route.ts'
import type { Database } from '../store/tables.ts'
import { findFailureInTime } from './find-failure-in-time.ts'

/** The most that the parameters of a deployment or a run may take as JSON. */
const MAX_PARAMETER_BYTES = 524_288

/** @throws HttpError 422 when the parameters are larger than a database should carry. */
export function checkParameterSize(parameters: JsonObject): void {
  const bytes = Buffer.byteLength(JSON.stringify(parameters))
  if (bytes > MAX_PARAMETER_BYTES) {
    throw new HttpError(422, `Flow run parameters size of ${bytes} bytes exceeds maximum of ${MAX_PARAMETER_BYTES} bytes`)
  }
}

/**
 * Replaces what parameters say in place of a value (`__prefect_kind`).
 * @throws HttpError 400 that begins with `prefix` when something cannot be replaced.
 */
export async function hydrateParameters(db: Kysely<Database>, parameters: JsonObject, prefix: string): Promise<JsonObject> {
  try {
    return await hydrate(parameters, {
      async readVariable(name) {
        const row = await db.selectFrom('variable').select('value').where('name', '=', name).executeTakeFirst()
        return row ? { value: JSON.parse(row.value) } : null
      },
    })
  } catch (error) {
    if (!isAedileError(error, 'hydration_failed')) throw error
    throw new HttpError(400, `${prefix}: ${error.message}`)
  }
}

/** @throws HttpError 409 that begins with `prefix` when there is no schema or the parameters break it. */
export function enforceParameterSchema(
  parameters: JsonObject,
  schema: JsonObject | null,
  { prefix, ignoreRequired }: { prefix: string; ignoreRequired: boolean },
): void {
  if (schema === null) {
    throw new HttpError(
      409,
      'Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the deployment does not have a valid parameter schema.',
    )
  }
  const failure = findFailureInTime(parameters, schema, { ignoreRequired })
  if (failure) throw new HttpError(409, `${prefix}: ${failure.message}`)
}
