import { type Selectable, type SqlBool, sql } from 'kysely'
import type { Transaction } from '../store.ts'
import type { OutboxTable } from '../tables.ts'

export type OutboxRow = Selectable<OutboxTable>

/** Removes rows of the outbox that were worked off. One parameter, so that the statement's text is always the same. */
export async function removeOutboxRows({ db, kind }: Transaction, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return
  const sequences = rows.map(({ sequence }) => sequence)
  const listed =
    kind === 'postgres'
      ? sql<SqlBool>`sequence = any(${sequences})`
      : sql<SqlBool>`sequence in (select value from json_each(${JSON.stringify(sequences)}))`
  await db.deleteFrom('outbox').where(listed).execute()
}
