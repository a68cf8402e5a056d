import type { DatabaseKind } from '../kysely.ts'

/** Runs one statement of a migration. */
export type RunStatement = (sql: string) => Promise<void>

/**
 * One step of the schema, for both databases. On SQLite `bulk` works on the second file and has a transaction of its own
 * before `main`, because a transaction over both files is not atomic; on Postgres both are one transaction.
 */
export type Migration = {
  version: number
  name: string
  /** The oldest version of the schema whose servers can go on working with this one; the step's own when absent. */
  worksWith?: number
  main(schema: Schema): Promise<void>
  bulk(schema: Schema): Promise<void>
}

/** What a migration writes with: the types of columns in the words of the database, and tables in its manner. */
export type Schema = {
  readonly kind: DatabaseKind
  readonly types: ColumnTypes
  run: RunStatement
  /** Creates a table; on SQLite it is STRICT. */
  createTable(name: string, body: string): Promise<void>
  /** Creates the index `<name>_index` on a table of the same file. */
  createIndex(name: string, on: string, options?: { unique?: boolean }): Promise<void>
}

export type ColumnTypes = {
  id: string
  text: string
  time: string
  json: string
  flag: string
  integer: string
  real: string
  /** The primary key of a table whose rows are numbered. */
  sequence: string
}

const types: Record<DatabaseKind, ColumnTypes> = {
  sqlite: {
    id: 'text',
    text: 'text',
    time: 'integer',
    json: 'text',
    flag: 'integer',
    integer: 'integer',
    real: 'real',
    sequence: 'integer primary key autoincrement',
  },
  postgres: {
    id: 'uuid',
    // "C" sorts by code, as SQLite does, whatever the database's locale is.
    text: 'text collate "C"',
    time: 'bigint',
    json: 'json',
    flag: 'smallint',
    integer: 'bigint',
    real: 'double precision',
    sequence: 'bigint generated always as identity primary key',
  },
}

/** Builds the writing side of a migration for one database; `file` is where SQLite makes its tables. */
export function buildSchema(kind: DatabaseKind, file: 'main' | 'bulk', run: RunStatement): Schema {
  const prefix = kind === 'sqlite' ? `${file}.` : ''
  return {
    kind,
    types: types[kind],
    run,
    createTable: (name, body) => run(`create table ${prefix}${name} (${body}) ${kind === 'sqlite' ? 'strict' : ''}`),
    createIndex: (name, on, options = {}) =>
      run(`create ${options.unique ? 'unique' : ''} index ${prefix}${name}_index on ${on}`),
  }
}
