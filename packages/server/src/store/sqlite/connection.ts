import type BetterSqlite3 from 'better-sqlite3'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { isWrite } from '../kysely.ts'
import { StatementCache, toSqliteValues } from './statements.ts'

/** A Kysely connection over one SQLite handle. Statements run synchronously, so each is over when its promise is made. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: BetterSqlite3.Database
  readonly #statements: StatementCache
  readonly #writable: boolean

  constructor(database: BetterSqlite3.Database) {
    this.#database = database
    this.#statements = new StatementCache(database)
    this.#writable = !database.readonly
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (!this.#writable && isWrite(query)) throw new Error('store.db only reads: write through store.write().')
    return this.run<Row>(query)
  }

  run<Row>(query: Pick<CompiledQuery, 'sql' | 'parameters'>): QueryResult<Row> {
    const statement = this.#statements.get(query.sql)
    const parameters = toSqliteValues(query.parameters)
    // A pragma without columns may take a step per page; exec() makes them all, run() only the first.
    if (!statement.reader && query.sql.startsWith('pragma ')) {
      this.#database.exec(query.sql)
      return { rows: [] }
    }
    if (statement.reader) return { rows: statement.all(...parameters) as Row[] }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; a stream would hold a snapshot open between ticks.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Streams are not supported on SQLite: read page by page.')
  }
}
