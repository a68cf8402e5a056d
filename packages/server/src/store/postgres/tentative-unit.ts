import type { Kysely } from 'kysely'
import type { RowMemory } from '../row-memory.ts'
import type { Statement, Transaction } from '../store.ts'
import type { Database } from '../tables.ts'
import type { TurnBatches } from './turn-batches.ts'

/** Makes a tentative unit run again, in a transaction. */
class StartOver extends Error {
  constructor() {
    super('This unit needs a transaction.')
  }
}

/** The statement of many units failed: none of them has written. */
export class BatchFailed extends Error {}

/**
 * A unit of work without a transaction: statements with a tentative form run in it, together with those of other units;
 * any other makes the unit start over. Its one write is its commit.
 */
export class TentativeUnit implements Transaction {
  readonly kind = 'postgres'
  readonly isTentative = true
  readonly memory: RowMemory
  readonly afterCommitActions: (() => void)[] = []
  readonly #batches: TurnBatches
  readonly #reliedOn = new Map<string, Record<string, string>>()
  #hasWritten = false
  #mustStartOver = false

  constructor(batches: TurnBatches, memory: RowMemory) {
    this.#batches = batches
    this.memory = memory
  }

  get db(): Kysely<Database> {
    throw this.#startOver()
  }

  /** True from the moment that its write was sent until it is known that nothing was written. */
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

  relyOn(key: string, field: string, version: string): void {
    this.#reliedOn.set(key, { [field]: version })
  }

  execute = async <Row>({ tentative }: Statement): Promise<Row[]> => {
    if (this.#hasWritten) throw new Error('A tentative unit ran a statement after its write.')
    if (tentative === undefined || this.#mustStartOver) throw this.#startOver()
    if (tentative.writes) this.#hasWritten = true
    const item = Object.assign({ ...tentative.item }, ...this.#reliedOn.values())
    const rows = await this.#batches.add({ ...tentative, item })
    if (tentative.writes && rows.length === 0) {
      this.#hasWritten = false
      for (const key of [tentative.item.id, ...this.#reliedOn.keys()]) this.memory.forget(key)
      throw this.#startOver()
    }
    return rows as Row[]
  }

  #startOver(): StartOver {
    this.#mustStartOver = true
    return new StartOver()
  }
}
