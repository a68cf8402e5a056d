import { type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import type { Transaction } from '../store/store.ts'

/** The clock of leases, read inside a unit of work: Postgres' own there, this process' on SQLite. */
export async function readDatabaseClock(transaction: Transaction): Promise<Microseconds> {
  if (transaction.kind === 'sqlite') return nowMicroseconds()
  const answer = await sql<{
    now: number | string
  }>`select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now`.execute(transaction.db)
  return Number(answer.rows[0]!.now)
}
