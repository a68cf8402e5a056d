import { randomUUID } from 'node:crypto'
import type { concurrencyLimitV2Create, concurrencyLimitV2Update } from '@aedile/core/resources/concurrency-limit'
import { nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { z } from 'zod'
import type { Transaction } from '../../store/store.ts'
import type { ConcurrencyLimitTable, Database } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'
import { emitLimitEvent } from './limit-event.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A limit by its id or its name. @throws HttpError 404 when there is none. */
export async function findLimit(db: Kysely<Database>, idOrName: string): Promise<ConcurrencyLimitTable> {
  const limits = db.selectFrom('concurrency_limit').selectAll()
  const byId = UUID.test(idOrName) ? await limits.where('id', '=', idOrName.toLowerCase()).executeTakeFirst() : undefined
  const row = byId ?? (await limits.where('name', '=', idOrName).executeTakeFirst())
  if (!row) throw new HttpError(404, 'Concurrency Limit not found')
  return row
}

/** Makes a limit. A name that is taken is a conflict of the database. */
export async function createLimit(
  transaction: Transaction,
  workspace: Workspace,
  wanted: z.output<typeof concurrencyLimitV2Create>,
): Promise<ConcurrencyLimitTable> {
  const now = nowMicroseconds()
  const row: ConcurrencyLimitTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    active: wanted.active ? 1 : 0,
    name: wanted.name,
    limit: wanted.limit,
    active_slots: wanted.active_slots,
    denied_slots: wanted.denied_slots,
    slot_decay_per_second: wanted.slot_decay_per_second,
    avg_slot_occupancy_seconds: 2,
  }
  await transaction.db.insertInto('concurrency_limit').values(row).execute()
  await emitLimitEvent(transaction, workspace, 'created', row)
  return row
}

/** Changes what is given of a limit. */
export async function updateLimit(
  transaction: Transaction,
  workspace: Workspace,
  before: ConcurrencyLimitTable,
  changes: z.output<typeof concurrencyLimitV2Update>,
): Promise<void> {
  const { active, ...numbers } = changes
  const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined && value !== null))
  const after: ConcurrencyLimitTable = {
    ...before,
    ...given,
    ...(typeof active === 'boolean' && { active: active ? 1 : 0 }),
    updated: nowMicroseconds(),
  }
  await transaction.db.updateTable('concurrency_limit').set(after).where('id', '=', before.id).execute()
  await emitLimitEvent(transaction, workspace, 'updated', after)
  transaction.afterCommit(() => workspace.changes.emit('dispatch', []))
}

/** Deletes a limit; what holds slots of it holds nothing then. */
export async function deleteLimit(transaction: Transaction, workspace: Workspace, limit: ConcurrencyLimitTable): Promise<void> {
  await transaction.db.deleteFrom('concurrency_limit').where('id', '=', limit.id).execute()
  await emitLimitEvent(transaction, workspace, 'deleted', limit)
  transaction.afterCommit(() => workspace.changes.emit('dispatch', []))
}
