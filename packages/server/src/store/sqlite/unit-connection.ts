import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { Statement } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

/**
 * The writing connection as one unit of work sees it. As on Postgres, a failed statement ends the unit: whatever it does
 * with the error, nothing more runs and it rolls back. A unit that was settled or given up can run nothing either.
 */
export class UnitConnection implements DatabaseConnection {
  readonly #connection: SqliteConnection
  #open = true
  #failure: { error: unknown } | undefined

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  get failure(): { error: unknown } | undefined {
    return this.#failure
  }

  end(): void {
    this.#open = false
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#run(query)
  }

  async execute<Row>(statement: Statement): Promise<Row[]> {
    return this.#run<Row>(statement).rows
  }

  #run<Row>(query: Statement): QueryResult<Row> {
    if (!this.#open) throw new Error('This unit of work is over: its transaction was used after it settled.')
    if (this.#failure) {
      throw new Error('An earlier statement of this unit failed, so it rolls back.', { cause: this.#failure.error })
    }
    try {
      return this.#connection.run<Row>(query)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    return this.#connection.streamQuery<Row>()
  }
}
