import type { JsonObject } from '@aedile/core/json'
import { findUnknownVariables, type UnknownVariable } from '@aedile/core/templates/job-variables'
import type { Kysely } from 'kysely'
import { HttpError } from '../http/route.ts'
import type { Database } from '../store/tables.ts'

/**
 * The answer to job variables that break a pool's schema. Clients read `detail`, whose words are a genuine server's; beside
 * it stand the variables that the pool does not know, with the nearest known ones: often they are the reason.
 */
export function variablesRefused(status: number, detail: string, variables: JsonObject, template: JsonObject): HttpError {
  const warnings = findUnknownVariables(variables, template)
  return new HttpError(status, { detail, ...(warnings.length > 0 && { aedile_warnings: warnings }) })
}

/**
 * What an answer says beside a deployment or a run whose job variables its pool does not know: a genuine server accepts
 * them, so they are no error. Nothing when all is well. Genuine clients ignore the field.
 */
export async function describeUnknownVariables(
  db: Kysely<Database>,
  queueId: string | null,
  variables: JsonObject | null | undefined,
): Promise<{ aedile_warnings?: UnknownVariable[] }> {
  if (queueId === null || !variables || Object.keys(variables).length === 0) return {}
  const pool = await db
    .selectFrom('work_pool')
    .innerJoin('work_queue', 'work_queue.work_pool_id', 'work_pool.id')
    .select('work_pool.base_job_template')
    .where('work_queue.id', '=', queueId)
    .executeTakeFirst()
  const warnings = pool ? findUnknownVariables(variables, JSON.parse(pool.base_job_template)) : []
  return warnings.length > 0 ? { aedile_warnings: warnings } : {}
}
