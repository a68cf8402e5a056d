import { randomUUID } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import type { Transaction } from '../../store/store.ts'
import type { ConcurrencyLimitTable, DeploymentTable } from '../../store/tables.ts'
import { HttpError } from '../route.ts'

/** What a request says of a deployment's limit. Undefined says nothing, null takes it away. */
export type WantedLimit = { concurrency_limit?: number | null; global_concurrency_limit_id?: string | null }

/** The name of the limit that a deployment has for itself. */
export const ownLimitName = (deploymentId: string) => `deployment:${deploymentId}`

/** @throws HttpError 422 when both are given, 404 when the limit to be linked does not exist. */
export async function checkWantedLimit({ db }: Transaction, wanted: WantedLimit): Promise<void> {
  if (!wanted.global_concurrency_limit_id) return
  if (wanted.concurrency_limit) {
    throw new HttpError(422, 'A deployment cannot have both a concurrency limit and a global concurrency limit.')
  }
  const limits = db.selectFrom('concurrency_limit').select('id').where('id', '=', wanted.global_concurrency_limit_id)
  if (!(await limits.executeTakeFirst())) throw new HttpError(404, 'Concurrency limit not found')
}

/** Makes, changes or removes the limit that a deployment has for itself, and answers the id of the limit it has then. */
export async function settleLimit({ db }: Transaction, deployment: DeploymentTable, wanted: WantedLimit): Promise<string | null> {
  const linked =
    wanted.global_concurrency_limit_id === undefined ? deployment.concurrency_limit_id : wanted.global_concurrency_limit_id
  if (wanted.concurrency_limit === undefined) return linked
  const name = ownLimitName(deployment.id)
  if (wanted.concurrency_limit === null) {
    const own = await db.selectFrom('concurrency_limit').select('id').where('name', '=', name).executeTakeFirst()
    if (own) await db.deleteFrom('concurrency_limit').where('id', '=', own.id).execute()
    return own && own.id === linked ? null : linked
  }
  const now = nowMicroseconds()
  const limit: ConcurrencyLimitTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    active: 1,
    name,
    limit: wanted.concurrency_limit,
    active_slots: 0,
    denied_slots: 0,
    slot_decay_per_second: 0,
    avg_slot_occupancy_seconds: 2,
  }
  const { id } = await db
    .insertInto('concurrency_limit')
    .values(limit)
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ limit: limit.limit }))
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}
