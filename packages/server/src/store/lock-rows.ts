import type { SelectQueryBuilder } from 'kysely'
import type { Transaction } from './store.ts'
import type { Database } from './tables.ts'

/**
 * Locks the rows that a query selects until the commit. On SQLite a unit of work has the database for itself already.
 * Several rows are to be selected in one order everywhere, or two units could wait for each other.
 */
export function lockRows<Tables extends keyof Database, Row>(
  { kind }: Transaction,
  query: SelectQueryBuilder<Database, Tables, Row>,
  options: { skipLocked?: boolean } = {},
): SelectQueryBuilder<Database, Tables, Row> {
  if (kind === 'sqlite') return query
  const locking = query.forUpdate()
  return options.skipLocked ? locking.skipLocked() : locking
}
