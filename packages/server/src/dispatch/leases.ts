import { randomUUID } from 'node:crypto'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { MICROSECONDS_PER_SECOND, type Microseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import type { Transaction } from '../store/store.ts'
import type { ConcurrencyLeaseTable } from '../store/tables.ts'
import { decrementSlots } from './concurrency.ts'
import { readDatabaseClock } from './database-clock.ts'

/** Who has taken slots until when. Stored, so that a restart of the server loses none. */
type ConcurrencyLease = {
  id: string
  limitIds: string[]
  slots: number
  holder: JsonObject | null
  created: Microseconds
  expires: Microseconds
}

/** Records that slots were taken, for so many seconds. */
export async function createLease(
  transaction: Transaction,
  lease: { limitIds: readonly string[]; slots: number; seconds: number; holder?: JsonObject | null },
): Promise<ConcurrencyLease> {
  const now = await readDatabaseClock(transaction)
  const row: ConcurrencyLeaseTable = {
    id: randomUUID(),
    limit_ids: JSON.stringify(lease.limitIds),
    slots: lease.slots,
    holder: lease.holder == null ? null : JSON.stringify(lease.holder),
    created: now,
    expires: now + Math.round(lease.seconds * MICROSECONDS_PER_SECOND),
  }
  await transaction.db.insertInto('concurrency_lease').values(row).execute()
  return leaseOfRow(row)
}

/** Reads a lease and locks it, or null. */
export async function readLease(transaction: Transaction, id: string): Promise<ConcurrencyLease | null> {
  const query = transaction.db.selectFrom('concurrency_lease').selectAll().where('id', '=', id)
  const row = await (transaction.kind === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
  return row === undefined ? null : leaseOfRow(row)
}

/** Holds the slots for so many seconds from now. False when the lease is gone. */
export async function renewLease(transaction: Transaction, id: string, seconds: number): Promise<boolean> {
  const now = await readDatabaseClock(transaction)
  const result = await transaction.db
    .updateTable('concurrency_lease')
    .set({ expires: now + Math.round(seconds * MICROSECONDS_PER_SECOND) })
    .where('id', '=', id)
    .executeTakeFirst()
  return Number(result.numUpdatedRows) > 0
}

/** Forgets a lease. Its slots stay taken. */
export async function revokeLease(transaction: Transaction, id: string): Promise<boolean> {
  const result = await transaction.db.deleteFrom('concurrency_lease').where('id', '=', id).executeTakeFirst()
  return Number(result.numDeletedRows) > 0
}

/** Gives a lease's slots back and forgets it, with the time that they were held. False when the lease is gone. */
export async function releaseLease(transaction: Transaction, id: string): Promise<boolean> {
  const lease = await readLease(transaction, id)
  if (lease === null) return false
  const heldSeconds = ((await readDatabaseClock(transaction)) - lease.created) / MICROSECONDS_PER_SECOND
  await decrementSlots(transaction, lease.limitIds, lease.slots, heldSeconds)
  return revokeLease(transaction, id)
}

/** The leases that ran out, oldest first. Who frees their slots reads each again by `readLease`. */
export async function listExpiredLeases(transaction: Transaction, count: number): Promise<string[]> {
  const now = await readDatabaseClock(transaction)
  const rows = await transaction.db
    .selectFrom('concurrency_lease')
    .select('id')
    .where('expires', '<=', now)
    .orderBy('expires')
    .limit(count)
    .execute()
  return rows.map((row) => row.id)
}

/** Frees the slots of a lease if it has run out and was not renewed meanwhile. */
export async function releaseExpiredLease(transaction: Transaction, id: string): Promise<boolean> {
  const lease = await readLease(transaction, id)
  if (lease === null || lease.expires > (await readDatabaseClock(transaction))) return false
  return releaseLease(transaction, id)
}

/** The leases that this holder has on any of these limits. */
export async function listLeasesOfHolder(
  transaction: Transaction,
  limitIds: readonly string[],
  holderId: string,
): Promise<string[]> {
  if (limitIds.length === 0) return []
  const rows = await transaction.db
    .selectFrom('concurrency_lease')
    .selectAll()
    .where(sql<boolean>`cast(holder as text) like ${`%${holderId}%`}`)
    .execute()
  return rows
    .map(leaseOfRow)
    .filter((lease) => lease.holder?.id === holderId && lease.limitIds.some((id) => limitIds.includes(id)))
    .map((lease) => lease.id)
}

function leaseOfRow(row: ConcurrencyLeaseTable): ConcurrencyLease {
  const holder: unknown = row.holder === null ? null : JSON.parse(row.holder)
  return {
    id: row.id,
    limitIds: JSON.parse(row.limit_ids) as string[],
    slots: row.slots,
    holder: isJsonObject(holder) ? holder : null,
    created: row.created,
    expires: row.expires,
  }
}
