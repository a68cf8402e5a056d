import { clearImmediate, setImmediate } from 'node:timers'
import type BetterSqlite3 from 'better-sqlite3'
import { buildKysely, provideSame } from '../kysely.ts'
import type { Transaction } from '../store.ts'
import { beginImmediate } from './begin.ts'
import { SqliteConnection } from './connection.ts'
import { toSqliteTrouble } from './errors.ts'
import { UnitConnection } from './unit-connection.ts'

type Unit = {
  work(transaction: Transaction): Promise<unknown>
  bytes: number
  resolve(value: unknown): void
  reject(error: unknown): void
}
type Done = { unit: Unit; value: unknown; afterCommit: (() => void)[] }

/** So many ticks of the event loop are waited for at most; one without news costs next to nothing. */
const MOST_TICKS = 4

/** A group ends after this time, so that a burst of units does not hold the event loop; the rest shares the next commit. */
const GROUP_MILLISECONDS = 20

/**
 * Runs units of work on the one writing connection. The units of an event-loop tick are one transaction with a savepoint
 * each; a failing one rolls back to its savepoint, and every promise settles after COMMIT. The whole group runs in
 * microtasks: a unit that awaits anything else than its statements (a timer, the network, another unit) is given up.
 *
 * A transaction over two files in WAL mode is atomic in each, not in both: a crash between their two commits keeps the
 * main file's half (it is first) and loses that unit's logs or events. Nobody had an answer by then.
 */
export class WriteQueue {
  readonly #database: BetterSqlite3.Database
  readonly #connection: SqliteConnection
  readonly #file: string
  readonly #lockedMilliseconds: number
  readonly #onCommit: () => void
  readonly #onError: (error: unknown) => void
  #waiting: Unit[] = []
  #lastSize = 0
  #draining: Promise<void> | undefined
  #giveUp: ((error: Error) => void) | undefined

  constructor(
    database: BetterSqlite3.Database,
    options: { file: string; lockedMilliseconds: number; onCommit(): void; onError(error: unknown): void },
  ) {
    this.#database = database
    this.#connection = new SqliteConnection(database)
    this.#file = options.file
    this.#lockedMilliseconds = options.lockedMilliseconds
    this.#onCommit = options.onCommit
    this.#onError = options.onError
  }

  add<T>(work: (transaction: Transaction) => Promise<T>, bytes: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, bytes, resolve: resolve as (value: unknown) => void, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#draining) await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather()
      const units = this.#waiting
      this.#waiting = []
      try {
        const rest = await this.#commitGroup(units)
        this.#waiting = [...rest, ...this.#waiting]
      } catch (error) {
        const trouble = toSqliteTrouble(error, this.#file)
        for (const unit of units) unit.reject(trouble)
      }
    }
    this.#draining = undefined
  }

  /**
   * Waits for the units of this tick. After a larger group its clients have their answers, and their next units are
   * under way: a few ticks more bring them into one commit.
   */
  async #gather(): Promise<void> {
    for (let ticks = 0; ticks === 0 || (ticks < MOST_TICKS && this.#waiting.length < this.#lastSize); ticks++) await endOfTick()
    this.#lastSize = this.#waiting.length
  }

  /** Runs and commits units in order, and returns those that did not fit into the group's time. */
  async #commitGroup(units: Unit[]): Promise<Unit[]> {
    await beginImmediate(this.#database, this.#lockedMilliseconds)
    const stopWatch = this.#watchForStrays()
    const until = performance.now() + GROUP_MILLISECONDS
    const done: Done[] = []
    let next = 0
    while (next < units.length && (next === 0 || performance.now() < until)) {
      const unit = units[next++]!
      const result = await this.#runUnit(unit)
      if (result) done.push(result)
      if (!this.#database.inTransaction) break
    }
    stopWatch()
    if (this.#database.inTransaction) this.#commit(done)
    else await this.#repeat(done)
    return units.slice(next)
  }

  async #runUnit(unit: Unit): Promise<Done | undefined> {
    const connection = new UnitConnection(this.#connection)
    const afterCommit: (() => void)[] = []
    const transaction = buildTransaction(connection, afterCommit)
    this.#database.exec('savepoint unit')
    try {
      const strayed = new Promise<never>((_, reject) => {
        this.#giveUp = reject
      })
      const value = await Promise.race([unit.work(transaction), strayed])
      if (connection.failure) throw connection.failure.error
      this.#database.exec('release unit')
      return { unit, value, afterCommit }
    } catch (error) {
      // A full disk or a broken file may have rolled back everything already.
      if (this.#database.inTransaction) this.#database.exec('rollback to unit; release unit')
      unit.reject(toSqliteTrouble(error, this.#file))
      return undefined
    } finally {
      connection.end()
      this.#giveUp = undefined
    }
  }

  #commit(done: Done[]): void {
    try {
      this.#database.exec('commit')
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('rollback')
      const trouble = toSqliteTrouble(error, this.#file)
      for (const { unit } of done) unit.reject(trouble)
      return
    }
    this.#onCommit()
    for (const { unit, value, afterCommit } of done) {
      for (const action of afterCommit) this.#run(action)
      unit.resolve(value)
    }
  }

  /** SQLite threw the whole transaction away because of one unit: the others, which had gone well, run again, each alone. */
  async #repeat(done: Done[]): Promise<void> {
    for (const { unit } of done) {
      try {
        await this.#commitGroup([unit])
      } catch (error) {
        unit.reject(toSqliteTrouble(error, this.#file))
      }
    }
  }

  #run(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#onError(error)
    }
  }

  /** An immediate that comes while a group is open means that its present unit left the microtasks. */
  #watchForStrays(): () => void {
    const look = () => {
      this.#giveUp?.(new Error('A unit of work may await nothing but its own statements; this one was given up.'))
      handle = setImmediate(look)
    }
    let handle = setImmediate(look)
    return () => clearImmediate(handle)
  }
}

/** Many units run prepared statements only, so the builder of others is made when it is asked for. */
function buildTransaction(connection: UnitConnection, afterCommit: (() => void)[]): Transaction {
  let db: Transaction['db'] | undefined
  return {
    get db() {
      db ??= buildKysely('sqlite', provideSame(connection))
      return db
    },
    kind: 'sqlite',
    isTentative: false,
    execute: (statement) => connection.execute(statement),
    afterCommit: (action) => void afterCommit.push(action),
  }
}

function endOfTick(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
