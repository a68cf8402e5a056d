import { createHash } from 'node:crypto'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type pg from 'pg'
import type { Statement } from '../store.ts'
import { isStalePlan } from './errors.ts'

const MAX_NAMES = 400
const MAX_PARAMETERS = 60

/**
 * Names for statements that come again, so that Postgres parses them once per connection. A statement gets a name at its
 * second use; long lists of parameters vary too much to be worth one.
 */
export class StatementNames {
  readonly #uses = new Map<string, string | null>()
  #named = 0
  #generation = 0

  nameOf(sql: string, parameters: number): string | undefined {
    if (parameters > MAX_PARAMETERS) return undefined
    const known = this.#uses.get(sql)
    if (known) return known
    if (known === undefined) {
      if (this.#uses.size > MAX_NAMES * 4) this.#forgetUnnamed()
      this.#uses.set(sql, null)
      return undefined
    }
    if (this.#named >= MAX_NAMES) return undefined
    this.#named += 1
    const name = `a${this.#generation}_${createHash('sha1').update(sql).digest('base64url')}`
    this.#uses.set(sql, name)
    return name
  }

  /** A table was changed under our statements: all get new names, so that they are planned anew. */
  renew(): void {
    this.#generation += 1
    this.#named = 0
    this.#uses.clear()
  }

  #forgetUnnamed(): void {
    for (const [sql, name] of this.#uses) if (name === null) this.#uses.delete(sql)
  }
}

/** A Kysely connection over one client of the pool. */
export class PostgresConnection implements DatabaseConnection {
  readonly #client: pg.ClientBase
  readonly #names: StatementNames
  #failure: unknown
  #failed = false
  #open = true

  constructor(client: pg.ClientBase, names: StatementNames) {
    this.#client = client
    this.#names = names
  }

  /** The first error of a statement; Postgres then refuses all others of the transaction. */
  get failure(): { error: unknown } | undefined {
    return this.#failed ? { error: this.#failure } : undefined
  }

  /** After this nothing runs on it: the client belongs to the next unit. */
  end(): void {
    this.#open = false
  }

  async execute<Row>(statement: Statement): Promise<Row[]> {
    return (await this.#run<Row>(statement)).rows
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#run(query)
  }

  async #run<Row>(query: Statement): Promise<QueryResult<Row>> {
    if (!this.#open) throw new Error('This unit of work is over: its transaction was used after it settled.')
    try {
      const name = this.#names.nameOf(query.sql, query.parameters.length)
      const { rows, rowCount, command } = await this.#client.query({ name, text: query.sql, values: [...query.parameters] })
      const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
      return { rows: rows ?? [], numAffectedRows: changes ? BigInt(rowCount ?? 0) : undefined }
    } catch (error) {
      if (isStalePlan(error)) this.#names.renew()
      if (!this.#failed) this.#failure = error
      this.#failed = true
      throw error
    }
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; SQLite cannot do it, so nobody may use it.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Streams are not supported: read page by page.')
  }
}
