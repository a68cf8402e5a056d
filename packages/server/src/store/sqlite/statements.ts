import type BetterSqlite3 from 'better-sqlite3'

export type SqliteValue = string | number | bigint | Uint8Array | null
type Statement = BetterSqlite3.Statement<SqliteValue[]>

const CAPACITY = 500

/** The prepared statements of one connection; the least recently used is dropped first. None is iterated, so none is busy. */
export class StatementCache {
  readonly #database: BetterSqlite3.Database
  readonly #statements = new Map<string, Statement>()

  constructor(database: BetterSqlite3.Database) {
    this.#database = database
  }

  get(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known) {
      if (this.#statements.size > CAPACITY / 2) this.#moveToEnd(sql, known)
      return known
    }
    const statement: Statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > CAPACITY) this.#statements.delete(this.#statements.keys().next().value!)
    return statement
  }

  /** Only once it may matter: moving costs as much as finding. */
  #moveToEnd(sql: string, statement: Statement): void {
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
  }
}

/**
 * Makes parameters what SQLite stores. The driver binds every integer beyond 32 bits as a float; as bigint it stays an
 * integer, so that arithmetic in queries is the same as on Postgres.
 */
export function toSqliteValues(parameters: readonly unknown[]): SqliteValue[] {
  return parameters.map((value) => {
    if (typeof value === 'number') return Number.isSafeInteger(value) && (value | 0) !== value ? BigInt(value) : value
    if (typeof value === 'boolean') return value ? 1 : 0
    return value as SqliteValue
  })
}
