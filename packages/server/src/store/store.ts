import type { Microseconds } from '@aedile/core/time'
import type { CompiledQuery, Kysely } from 'kysely'
import type { RowMemory } from './row-memory.ts'
import type { Database } from './tables.ts'

/** A statement with its parameters, in the words of the unit's database. */
export type Statement = {
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** How a tentative unit runs it. Where absent, it makes such a unit start over. */
  readonly tentative?: TentativeStatement
}

/**
 * A statement of a tentative unit, which runs together with those of other units: its text takes many items, and answers
 * rows that say by `id` whose they are. A write that answers no row has written nothing, and its unit starts over.
 */
export type TentativeStatement = {
  readonly writes: boolean
  readonly sql: string
  readonly item: { readonly id: string; [field: string]: unknown }
  toParameters(items: readonly TentativeStatement['item'][]): unknown[]
}

/** A unit of work's view of the database. All its statements commit together or not at all. */
export type Transaction = {
  readonly db: Kysely<Database>
  readonly kind: 'sqlite' | 'postgres'
  /** True when nothing that the unit reads is locked: only a guarded write may follow from it. */
  readonly isTentative: boolean
  /** What tentative units of this process know of rows. Absent in all others. */
  readonly memory?: RowMemory
  /** In a tentative unit: its write shall happen only if the row that is remembered under this key has this version still. */
  relyOn?(key: string, field: string, version: string): void
  /** Runs a statement whose text is made already, without building it anew: for the paths that every run takes. */
  execute<Row>(statement: Statement): Promise<Row[]>
  /** Runs after the commit, in order; never after a rollback. Used to wake streams and services. */
  afterCommit(action: () => void): void
}

export type WriteOptions = { bytes?: number; tentative?: boolean }

/** The store: asynchronous to everyone, also on SQLite. */
export interface Store {
  readonly kind: 'sqlite' | 'postgres'
  /** For short reads by primary key or index. They see what is committed, nothing else; a write through it is refused. */
  readonly db: Kysely<Database>
  /**
   * Runs one unit of work and resolves after its commit. On SQLite units queue, those of one event-loop tick share a
   * commit, and a failing unit rolls back alone; the unit may await nothing but its own statements. On Postgres each
   * unit is a transaction, tried again on a serialization failure or deadlock.
   * @param options.tentative on Postgres, a first try without a transaction, for units that mostly read one row and write by
   * one statement. Such statements of one turn of the event loop share a trip and a commit. What the unit asks beyond that
   * makes it run again in a transaction.
   * @param options.bytes the size of what waits for the commit; beyond the bound it throws `server_busy` (503, Retry-After).
   */
  write<T>(work: (transaction: Transaction) => Promise<T>, options?: WriteOptions): Promise<T>
  /** Runs a compiled read that may take more than a few milliseconds (filter, count, history, search) in a read-only thread or connection. */
  search<Row>(query: CompiledQuery<Row>): Promise<Row[]>
  /** The database's clock, in microseconds: monotonic in a process on SQLite, the server's on Postgres. For leases. */
  clock(): Promise<Microseconds>
  close(): Promise<void>
}
