import type { ColumnKind } from './column-kinds.ts'
import { textOf } from './row-statements.ts'
import type { Transaction } from './store.ts'

/** As many rows go into one statement on SQLite, where few texts are prepared once and serve any number of rows. */
const ROWS = [64, 16, 4, 1]

/**
 * Inserts many rows by prepared statements, for the paths where every line counts.
 * @param ending what follows the rows: `on conflict ...`, `returning ...`.
 */
export async function insertRows<Returned>(
  transaction: Transaction,
  table: string,
  columns: Readonly<Record<string, ColumnKind>>,
  rows: readonly object[],
  ending = '',
): Promise<Returned[]> {
  return transaction.kind === 'sqlite'
    ? insertValues(transaction, table, Object.keys(columns), rows as Record<string, unknown>[], ending)
    : insertRecords(transaction, table, columns, rows, ending)
}

/** Binding values is cheaper than parsing them out of JSON. */
async function insertValues<Returned>(
  transaction: Transaction,
  table: string,
  names: readonly string[],
  rows: readonly Record<string, unknown>[],
  ending: string,
): Promise<Returned[]> {
  const returned: Returned[] = []
  for (let start = 0; start < rows.length; ) {
    const size = ROWS.find((some) => some <= rows.length - start)!
    const parameters: unknown[] = []
    for (let row = start; row < start + size; row++) for (const name of names) parameters.push(rows[row]![name] ?? null)
    const sql = textOf(`sqlite insert ${size} ${table} ${ending}`, () => {
      const values = Array(size).fill(`(${names.map(() => '?').join(', ')})`)
      return `insert into ${table} (${names.join(', ')}) values ${values.join(', ')} ${ending}`
    })
    for (const row of await transaction.execute<Returned>({ sql, parameters })) returned.push(row)
    start += size
  }
  return returned
}

/** One trip with one parameter, whose records are parsed once each. */
async function insertRecords<Returned>(
  transaction: Transaction,
  table: string,
  columns: Readonly<Record<string, ColumnKind>>,
  rows: readonly object[],
  ending: string,
): Promise<Returned[]> {
  const sql = textOf(`postgres insert records ${table} ${ending}`, () => {
    const names = Object.keys(columns)
    // JSON comes as text inside of the record; as `json` it would stay a string.
    const fields = names.map((name) => `${name} ${columns[name] === 'json' ? 'text' : columns[name]}`)
    const values = names.map((name) => (columns[name] === 'json' ? `${name}::json` : name))
    return `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from json_to_recordset($1::json) as given(${fields.join(', ')}) ${ending}`
  })
  return transaction.execute<Returned>({ sql, parameters: [JSON.stringify(rows)] })
}

/** Text as both databases can hold it: no NUL (Postgres refuses it) and no half of a surrogate pair. */
export function toStorableText(text: string): string {
  const whole = text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole
}
