import { randomUUID } from 'node:crypto'
import type { FlowRunInput } from '@aedile/core/resources/flow-run'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { type Kysely, sql } from 'kysely'
import type { Transaction } from '../../store/store.ts'
import type { Database, FlowRunInputTable } from '../../store/tables.ts'

/** Stores an input of a flow run. A key is used once. */
export async function insertFlowRunInput(
  { db }: Pick<Transaction, 'db'>,
  flowRunId: string,
  input: { key: string; value: string; sender: string | null },
): Promise<void> {
  const now = nowMicroseconds()
  const row = { id: randomUUID(), created: now, updated: now, flow_run_id: flowRunId, ...input }
  await db.insertInto('flow_run_input').values(row).execute()
}

/** Reads an input by its key, or null. */
export async function readFlowRunInput(db: Kysely<Database>, flowRunId: string, key: string): Promise<FlowRunInputTable | null> {
  const inputs = db.selectFrom('flow_run_input').selectAll().where('flow_run_id', '=', flowRunId)
  return (await inputs.where('key', '=', key).executeTakeFirst()) ?? null
}

/** Reads the inputs whose keys begin with a prefix, oldest first. */
export async function listFlowRunInputs(
  db: Kysely<Database>,
  flowRunId: string,
  asked: { prefix: string; limit: number; excludeKeys: readonly string[] },
): Promise<FlowRunInput[]> {
  let query = db
    .selectFrom('flow_run_input')
    .selectAll()
    .where('flow_run_id', '=', flowRunId)
    .where(sql<boolean>`substr("key", 1, ${sql.lit([...asked.prefix].length)}) = ${asked.prefix}`)
    .orderBy('created')
    .limit(asked.limit)
  if (asked.excludeKeys.length > 0) query = query.where('key', 'not in', [...asked.excludeKeys])
  const rows = await query.execute()
  return rows.map((row) => ({ ...row, created: formatTimestamp(row.created), updated: formatTimestamp(row.updated) }))
}
