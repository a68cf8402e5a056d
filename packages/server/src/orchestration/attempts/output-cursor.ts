import type { Attempt } from '@aedile/core/attempts/messages'
import { isNextOutput } from '@aedile/core/attempts/transitions'
import type { Kysely } from 'kysely'
import type { Changes } from '../../changes.ts'
import { appendLines, type NewLog } from '../../store/queries/append-lines.ts'
import type { Transaction } from '../../store/store.ts'
import type { Database, FlowRunAttemptTable } from '../../store/tables.ts'
import { toWireAttempt } from './attempt-row.ts'

/** Stored attempts as the API answers them, each with the cursor of its output. */
export async function toWireAttempts(db: Kysely<Database>, rows: readonly FlowRunAttemptTable[]): Promise<Attempt[]> {
  if (rows.length === 0) return []
  const keys = rows.map((row) => row.key)
  const cursors = await db.selectFrom('output_cursor').selectAll().where('attempt_key', 'in', keys).execute()
  const byKey = new Map(cursors.map((row) => [row.attempt_key, row.cursor]))
  return rows.map((row) => toWireAttempt(row, byKey.get(row.key) ?? null))
}

/**
 * Stores lines of output and the cursor right after them, in one file, so that a crash keeps both or neither. The same
 * message again changes nothing: its cursor is there already. Nor does one that comes late.
 */
export async function advanceOutput(
  transaction: Transaction,
  changes: Changes,
  output: { attempt: string; lines: readonly NewLog[]; cursor: string; after?: string | null | undefined },
): Promise<void> {
  const { db } = transaction
  const before = await db
    .selectFrom('output_cursor')
    .select('cursor')
    .where('attempt_key', '=', output.attempt)
    .executeTakeFirst()
  if (!isNextOutput(before?.cursor ?? null, output)) return
  await appendLines(transaction, changes, output.lines)
  await db
    .insertInto('output_cursor')
    .values({ attempt_key: output.attempt, cursor: output.cursor })
    .onConflict((conflict) => conflict.column('attempt_key').doUpdateSet({ cursor: output.cursor }))
    .execute()
}
