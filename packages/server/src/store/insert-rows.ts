import { CompiledQuery, type Insertable } from 'kysely'
import type { Transaction } from './store.ts'
import type { Database } from './tables.ts'

/** SQLite allows 32,766 parameters in a statement, Postgres 65,535. */
const MAX_PARAMETERS = 30_000

/** Inserts any number of rows, in as many statements as the databases' limit of parameters asks for. */
export async function insertMany<Name extends keyof Database>(
  { db }: Transaction,
  table: Name,
  rows: readonly Insertable<Database[Name]>[],
  options: { onConflict?: 'nothing' } = {},
): Promise<void> {
  const columns = Math.max(1, ...rows.slice(0, 1).map((row) => Object.keys(row).length))
  const size = Math.min(500, Math.floor(MAX_PARAMETERS / columns))
  for (let start = 0; start < rows.length; start += size) {
    const insert = db.insertInto(table).values(rows.slice(start, start + size))
    await (options.onConflict === 'nothing' ? insert.onConflict((conflict) => conflict.doNothing()) : insert).execute()
  }
}

export type ColumnKind = 'uuid' | 'text' | 'bigint' | 'json'

/**
 * Inserts many rows by one statement with one parameter, for the paths where every line counts: the text of the statement
 * is always the same, so both databases keep it prepared.
 * @param ending what follows the rows: `on conflict ...`, `returning ...`.
 */
export async function insertAsJson<Row>(
  transaction: Transaction,
  table: string,
  columns: Readonly<Record<string, ColumnKind>>,
  rows: readonly object[],
  ending = '',
): Promise<Row[]> {
  const names = Object.keys(columns)
  const value =
    transaction.kind === 'sqlite'
      ? (name: string) => `value ->> '${name}'`
      : (name: string) => `(value ->> '${name}')::${columns[name]}`
  const source = transaction.kind === 'sqlite' ? 'json_each(?)' : 'json_array_elements($1::json)'
  // Without `where`, SQLite reads `on conflict` as a join's condition.
  const sql = `insert into ${table} (${names.join(', ')}) select ${names.map(value).join(', ')} from ${source} where true ${ending}`
  const { rows: returned } = await transaction.db.executeQuery<Row>(CompiledQuery.raw(sql, [JSON.stringify(rows)]))
  return returned
}

/** Text as both databases can hold it: no NUL (Postgres refuses it) and no half of a surrogate pair. */
export function toStorableText(text: string): string {
  const whole = text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole
}
