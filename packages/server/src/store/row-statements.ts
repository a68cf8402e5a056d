import type { ConnectionProvider, Insertable } from 'kysely'
import { buildKysely, type DatabaseKind } from './kysely.ts'
import type { Statement, Transaction } from './store.ts'
import type { Database } from './tables.ts'

/**
 * Statements for the paths that every run takes. Kysely builds the text once for each set of columns; after that values
 * are bound to it. Building takes longer than most of these statements run.
 */

type Table = keyof Database

const NOWHERE: ConnectionProvider = {
  provideConnection: () => Promise.reject(new Error('This builder makes texts; it has no database.')),
}
/** Builds texts that are executed elsewhere. */
export const builders = { sqlite: buildKysely('sqlite', NOWHERE), postgres: buildKysely('postgres', NOWHERE) }

const texts = new Map<string, string>()

/** The text for a key, made when it is asked for the first time. Keys name columns, never values. */
export function textOf(key: string, build: () => { compile(): { sql: string } } | string): string {
  let text = texts.get(key)
  if (text === undefined) {
    const built = build()
    text = typeof built === 'string' ? built : built.compile().sql
    texts.set(key, text)
  }
  return text
}

/**
 * Inserts one row. It has no undefined values.
 * @param options.unlessKnownBy unique columns: a row that has these already stays, and no row is answered.
 */
export function insertRow<Name extends Table>(
  kind: DatabaseKind,
  table: Name,
  row: Insertable<Database[Name]>,
  options: { unlessKnownBy?: readonly string[] } = {},
): Statement {
  const { unlessKnownBy } = options
  const sql = textOf(`${kind} insert ${table} ${Object.keys(row)} ${unlessKnownBy ?? ''}`, () => {
    const insert = builders[kind].insertInto(table as 'flow_run').values(row as Insertable<Database['flow_run']>)
    if (!unlessKnownBy) return insert
    return insert.onConflict((conflict) => conflict.columns(unlessKnownBy as 'id'[]).doNothing()).returning('id')
  })
  return { sql, parameters: Object.values(row) }
}

/** Changes columns of the row with an id. */
export function updateRow<Name extends 'flow_run' | 'task_run'>(
  kind: DatabaseKind,
  table: Name,
  id: string,
  changes: Partial<Database[Name]>,
): Statement {
  const sql = textOf(`${kind} update ${table} ${Object.keys(changes)}`, () =>
    builders[kind]
      .updateTable(table as 'flow_run')
      .set(changes)
      .where('id', '=', id),
  )
  return { sql, parameters: [...Object.values(changes), id] }
}

/**
 * Runs statements that need nothing of each other. On Postgres they are one, so that they take one trip: the last one's
 * text with the others as `with` before it.
 */
export async function executeTogether(transaction: Transaction, statements: readonly Statement[]): Promise<void> {
  if (transaction.kind === 'sqlite') for (const statement of statements) await transaction.execute(statement)
  else if (statements.length > 0) await transaction.execute(combine(statements))
}

function combine(statements: readonly Statement[]): Statement {
  const sql = textOf(statements.map((statement) => statement.sql).join('; '), () => {
    let shift = 0
    const parts = statements.map((statement) => {
      const text = statement.sql.replace(/\$(\d+)/g, (_, number) => `$${Number(number) + shift}`)
      shift += statement.parameters.length
      return text
    })
    const last = parts.pop()!
    return parts.length === 0 ? last : `with ${parts.map((part, index) => `part${index} as (${part})`).join(', ')} ${last}`
  })
  return { sql, parameters: statements.flatMap(({ parameters }) => parameters) }
}

/** The parameter of a statement for many ids, `id = any($1::uuid[])`. */
export function listIds(items: readonly { id: string }[]): unknown[] {
  return [items.map(({ id }) => id)]
}
