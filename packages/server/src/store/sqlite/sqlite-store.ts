import { type Microseconds, nowMicroseconds } from '@aedile/core/time'
import type BetterSqlite3 from 'better-sqlite3'
import type { CompiledQuery, Kysely } from 'kysely'
import { buildKysely, isWrite } from '../kysely.ts'
import { PendingBytes } from '../pending-bytes.ts'
import type { Store, Transaction, WriteOptions } from '../store.ts'
import type { Database } from '../tables.ts'
import { Checkpointer } from './checkpointer.ts'
import { SqliteConnection } from './connection.ts'
import { toSqliteTrouble } from './errors.ts'
import { openReader } from './open-database.ts'
import { SearchThreads } from './search-threads.ts'
import { WriteQueue } from './write-queue.ts'

export type SqliteStoreOptions = {
  maxPendingBytes: number
  searchThreads: number
  searchDeadlineMilliseconds: number
  lockedMilliseconds: number
  onError(error: unknown): void
}

/** What a unit counts when its caller gives no size. */
const UNIT_BYTES = 1024

/**
 * The store on SQLite, with three ways to the files: one connection that writes (units of work, in groups), one on this
 * thread that only reads (short reads, of what is committed: a unit that rolls back is never seen), and threads for
 * long reads.
 */
export class SqliteStore implements Store {
  readonly kind = 'sqlite'
  readonly db: Kysely<Database>
  readonly file: string
  readonly #writer: BetterSqlite3.Database
  readonly #reader: BetterSqlite3.Database
  readonly #checkpointer: Checkpointer
  readonly #queue: WriteQueue
  readonly #pending: PendingBytes
  readonly #threads: SearchThreads
  #closing: Promise<void> | undefined

  constructor(file: string, writer: BetterSqlite3.Database, options: SqliteStoreOptions) {
    this.file = file
    this.#writer = writer
    this.#reader = openReader(file)
    this.#checkpointer = new Checkpointer(writer, file, options.onError)
    this.#queue = new WriteQueue(writer, {
      file,
      lockedMilliseconds: options.lockedMilliseconds,
      onCommit: () => this.#checkpointer.noteCommit(),
      onError: options.onError,
    })
    this.#pending = new PendingBytes(options.maxPendingBytes)
    this.#threads = new SearchThreads({
      file,
      size: options.searchThreads,
      deadlineMilliseconds: options.searchDeadlineMilliseconds,
    })
    const connection = new SqliteConnection(this.#reader)
    this.db = buildKysely('sqlite', {
      provideConnection: async (consumer) => {
        try {
          return await consumer(connection)
        } catch (error) {
          throw toSqliteTrouble(error, file)
        }
      },
    })
  }

  async write<T>(work: (transaction: Transaction) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    if (this.#closing) throw new Error('The store is closed.')
    return this.#pending.hold(options.bytes ?? UNIT_BYTES, () => this.#queue.add(work, options.bytes ?? UNIT_BYTES))
  }

  async search<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    if (isWrite(query)) throw new Error('A search only reads: write through store.write().')
    return this.#threads.search(query)
  }

  async clock(): Promise<Microseconds> {
    return nowMicroseconds()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#queue.drained()
    await Promise.all([this.#threads.close(), this.#checkpointer.close()])
    this.#reader.close()
    this.#writer.close()
  }
}
