import { setTimeout as sleep } from 'node:timers/promises'
import type { Microseconds } from '@aedile/core/time'
import { type CompiledQuery, type Kysely, SingleConnectionProvider } from 'kysely'
import type pg from 'pg'
import { buildKysely, isWrite } from '../kysely.ts'
import { PendingBytes } from '../pending-bytes.ts'
import { RowMemory } from '../row-memory.ts'
import type { Store, Transaction, WriteOptions } from '../store.ts'
import type { Database } from '../tables.ts'
import { PostgresConnection, StatementNames } from './connection.ts'
import {
  isConnectionBroken,
  isConnectionLost,
  isPassing,
  isRepeatable,
  isStalePlan,
  isWrongStatement,
  toPostgresTrouble,
} from './errors.ts'
import { BatchFailed, TentativeUnit } from './tentative-unit.ts'
import { TurnBatches } from './turn-batches.ts'

export type PostgresStoreOptions = {
  /** What people call the database: its address without the password. */
  name: string
  maxPendingBytes: number
  onError(error: unknown): void
}

const UNIT_BYTES = 1024
const ATTEMPTS = 6

/** The store on Postgres: each unit of work is a transaction on a connection of its own, tried again after a deadlock. */
export class PostgresStore implements Store {
  readonly kind = 'postgres'
  readonly db: Kysely<Database>
  readonly #pool: pg.Pool
  readonly #searchPool: pg.Pool
  readonly #batchPool: pg.Pool
  readonly #batches: TurnBatches
  readonly #memory = new RowMemory()
  readonly #names = new StatementNames()
  readonly #pending: PendingBytes
  readonly #running = new Set<Promise<unknown>>()
  readonly #options: PostgresStoreOptions
  #closing: Promise<void> | undefined

  constructor(pools: { pool: pg.Pool; searchPool: pg.Pool; batchPool: pg.Pool }, options: PostgresStoreOptions) {
    this.#pool = pools.pool
    this.#searchPool = pools.searchPool
    this.#batchPool = pools.batchPool
    this.#batches = new TurnBatches((sql, parameters) => this.#runBatch(sql, parameters))
    this.#options = options
    this.#pending = new PendingBytes(options.maxPendingBytes)
    this.db = buildKysely('postgres', {
      provideConnection: (consumer) =>
        this.#withClient(this.#pool, (client) => {
          const connection = new PostgresConnection(client, this.#names)
          const executeQuery: PostgresConnection['executeQuery'] = async (query) => {
            if (isWrite(query)) throw new Error('store.db only reads: write through store.write().')
            return this.#readTwice(() => connection.executeQuery(query))
          }
          return consumer({ executeQuery, streamQuery: () => connection.streamQuery() })
        }),
    })
  }

  async write<T>(work: (transaction: Transaction) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    if (this.#closing) throw new Error('The store is closed.')
    return this.#pending.hold(options.bytes ?? UNIT_BYTES, () => this.#track(this.#writeUntilDone(work, options)))
  }

  async #writeUntilDone<T>(work: (transaction: Transaction) => Promise<T>, { tentative }: WriteOptions): Promise<T> {
    const tried = tentative ? await this.#tryWithoutTransaction(work) : null
    if (tried !== null) return tried.value
    for (let attempt = 1; ; attempt++) {
      const progress = { committing: false }
      try {
        return await this.#withClient(this.#pool, (client) => this.#runUnit(client, work, progress))
      } catch (error) {
        const cause = (error as Error)?.cause ?? error
        // A connection that broke during the commit leaves open whether it happened: the caller must find out.
        const again = isRepeatable(cause) || (isConnectionBroken(cause) && !progress.committing)
        if (attempt === ATTEMPTS || !again) throw error
        await sleep(Math.random() * 10 * 2 ** attempt)
      }
    }
  }

  /** Null when the unit has to run in a transaction. */
  async #tryWithoutTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<{ value: T } | null> {
    const unit = new TentativeUnit(this.#batches, this.#memory)
    try {
      const value = await work(unit)
      if (unit.mustStartOver) return null
      for (const action of unit.afterCommitActions) this.#run(action)
      return { value }
    } catch (error) {
      // A statement that failed wrote nothing, and says in a transaction of its own what is wrong. But a write whose
      // connection broke may have been done: the caller must find out.
      const isBroken = isConnectionBroken((error as Error)?.cause ?? error)
      if (unit.mustStartOver || error instanceof BatchFailed || (isBroken && !unit.hasWritten)) return null
      throw error
    }
  }

  /** Runs a statement for many tentative units. */
  async #runBatch(sql: string, parameters: unknown[]): Promise<{ id: string }[]> {
    let wasSent = false
    try {
      return await this.#withClient(this.#batchPool, (client) => {
        wasSent = true
        return new PostgresConnection(client, this.#names).execute<{ id: string }>({ sql, parameters })
      })
    } catch (error) {
      const cause = (error as Error)?.cause ?? error
      if (wasSent && isConnectionLost(cause)) throw error
      // The units go on alone, so that nobody would see a statement that can never work.
      if (isWrongStatement(cause)) this.#options.onError(cause)
      throw new BatchFailed('A statement for many units failed.', { cause: error })
    }
  }

  async search<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    if (isWrite(query)) throw new Error('A search only reads: write through store.write().')
    return this.#withClient(this.#searchPool, async (client) => {
      const connection = new PostgresConnection(client, this.#names)
      const { rows } = await this.#readTwice(() => connection.executeQuery<Row>(query))
      return rows
    })
  }

  async clock(): Promise<Microseconds> {
    return this.#withClient(this.#pool, async (client) => {
      const text = 'select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now'
      const { rows } = await client.query<{ now: number }>({ name: 'clock', text })
      return rows[0]!.now
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** A pool that ends forgets who waits for a connection, so everyone gets theirs first. */
  async #close(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    await Promise.all([this.#pool.end(), this.#searchPool.end(), this.#batchPool.end()])
  }

  async #runUnit<T>(
    client: pg.PoolClient,
    work: (transaction: Transaction) => Promise<T>,
    progress: { committing: boolean },
  ): Promise<T> {
    const connection = new PostgresConnection(client, this.#names)
    const afterCommit: (() => void)[] = []
    const db = buildKysely('postgres', new SingleConnectionProvider(connection))
    await client.query('begin')
    let value: T
    try {
      value = await work({
        db,
        kind: 'postgres',
        isTentative: false,
        execute: (statement) => connection.execute(statement),
        afterCommit: (action) => void afterCommit.push(action),
      })
      if (connection.failure) throw connection.failure.error
    } catch (error) {
      await client.query('rollback').catch((trouble) => {
        throw isConnectionLost(trouble) ? trouble : new Error('Connection terminated: it could not roll back.', { cause: error })
      })
      // What the unit made of a deadlock does not matter: the transaction is gone and may be tried again.
      throw connection.failure && isPassing(connection.failure.error) ? connection.failure.error : error
    } finally {
      connection.end()
    }
    progress.committing = true
    await client.query('commit')
    for (const action of afterCommit) this.#run(action)
    return value
  }

  #withClient<T>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#track(this.#lendClient(pool, use))
  }

  #track<T>(run: Promise<T>): Promise<T> {
    this.#running.add(run)
    return run.finally(() => this.#running.delete(run))
  }

  /** Lends a client; a broken one does not go back into the pool. */
  async #lendClient<T>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let broken = false
    let client: pg.PoolClient | undefined
    try {
      client = await pool.connect()
      return await use(client)
    } catch (error) {
      broken = isConnectionLost(error)
      throw toPostgresTrouble(error, this.#options.name)
    } finally {
      client?.release(broken)
    }
  }

  async #readTwice<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!isStalePlan(error)) throw error
      return read()
    }
  }

  #run(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#options.onError(error)
    }
  }
}
