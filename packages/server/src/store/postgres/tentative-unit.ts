import type { Kysely } from 'kysely'
import type { Statement, Transaction } from '../store.ts'
import type { Database } from '../tables.ts'
import type { PostgresConnection } from './connection.ts'

/** Makes a tentative unit run again, in a transaction. */
export class StartOver extends Error {
  constructor() {
    super('This unit needs a transaction.')
  }
}

/**
 * A unit of work without a transaction: statements that say how they may be part of it run by themselves, any other makes
 * the unit start over. Its one write is its commit.
 */
export class TentativeUnit implements Transaction {
  readonly kind = 'postgres'
  readonly isTentative = true
  readonly afterCommitActions: (() => void)[] = []
  readonly #connection: PostgresConnection
  #hasWritten = false
  #mustStartOver = false

  constructor(connection: PostgresConnection) {
    this.#connection = connection
  }

  get db(): Kysely<Database> {
    throw this.#startOver()
  }

  /** True from the moment that its write was sent: it may have happened. */
  get hasWritten(): boolean {
    return this.#hasWritten
  }

  /** True when the unit asked for what needs a transaction, whatever it made of the refusal. */
  get mustStartOver(): boolean {
    return this.#mustStartOver
  }

  afterCommit(action: () => void): void {
    this.afterCommitActions.push(action)
  }

  execute = async <Row>(statement: Statement): Promise<Row[]> => {
    const { tentative } = statement
    if (this.#hasWritten) throw new Error('A tentative unit ran a statement after its write.')
    if (tentative === undefined || this.#mustStartOver) throw this.#startOver()
    if (tentative === 'read') return this.#connection.execute(statement)
    this.#hasWritten = true
    const rows = await this.#connection.execute<Row>(statement)
    if (tentative === 'guarded write' && rows.length === 0) {
      this.#hasWritten = false
      throw this.#startOver()
    }
    return rows
  }

  #startOver(): StartOver {
    this.#mustStartOver = true
    return new StartOver()
  }
}
