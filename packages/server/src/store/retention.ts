import { type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { type SqlBool, sql } from 'kysely'
import { COARSE_LOG_TIME, hasCoarseLogTimes, toCoarseLogTime } from './coarse-log-times.ts'
import type { DatabaseKind } from './kysely.ts'
import { listPartitions, makePartitions, PARTITIONED, type Partitioned } from './postgres/partitions.ts'
import { runIn } from './postgres/run.ts'
import { type Condition, combine } from './queries/filters/condition.ts'
import type { Store } from './store.ts'

/** What a retention pass removed: rows one by one, and whole days (Postgres only; their rows are not counted). */
export type Dropped = { rows: number; partitions: number }
export type DropOptions = { signal?: AbortSignal; chunk?: number }

const CHUNK = 500

/** Removes events, and what they name, that occurred before a time. */
export async function dropOldEvents(store: Store, before: Microseconds, options: DropOptions = {}): Promise<Dropped> {
  return dropOld(store, ['event_resource', 'event'], before, options)
}

/** Removes log lines from before a time. The counters of the flow runs stay, so that places are never given twice. */
export async function dropOldLogs(store: Store, before: Microseconds, options: DropOptions = {}): Promise<Dropped> {
  return dropOld(store, ['log'], before, options)
}

/** Makes the coming days' partitions on Postgres; to be called at least once a day. */
export async function preparePartitions(store: Store, now: Microseconds = nowMicroseconds()): Promise<string[]> {
  if (store.kind === 'sqlite') return []
  return store.write(async (transaction) => {
    const run = runIn(transaction)
    await run(`set local lock_timeout = '5s'`)
    return makePartitions(run, now)
  })
}

/** Gives free pages of both files back to the file system, a few at a time. Postgres does it by itself. */
export async function incrementalVacuum(store: Store, pages = 1000): Promise<void> {
  if (store.kind === 'postgres') return
  for (const file of ['main', 'bulk']) {
    await store.write(async (transaction) => {
      await runIn(transaction)(`pragma ${file}.incremental_vacuum(${Math.trunc(pages)})`)
    })
  }
}

async function dropOld(
  store: Store,
  tables: Partitioned['table'][],
  before: Microseconds,
  options: DropOptions,
): Promise<Dropped> {
  const dropped = { rows: 0, partitions: 0 }
  for (const partitioned of PARTITIONED.filter(({ table }) => tables.includes(table))) {
    if (store.kind === 'sqlite') {
      dropped.rows += await deleteInChunks(store, partitioned.table, isOld(partitioned, before, store.kind), options)
      continue
    }
    dropped.partitions += await dropDays(store, partitioned.table, before, options)
    for (const name of await listPartial(store, partitioned.table, before)) {
      dropped.rows += await deleteInChunks(store, name, isOld(partitioned, before, store.kind), options)
    }
  }
  return dropped
}

/** A day is dropped in a unit of its own: the lock on the whole table is short, and waited for shortly. */
async function dropDays(
  store: Store,
  table: Partitioned['table'],
  before: Microseconds,
  { signal }: DropOptions,
): Promise<number> {
  const days = await store.write((transaction) => listPartitions(runIn(transaction), table))
  const old = days.filter((day) => day.until <= before)
  for (const day of old) {
    signal?.throwIfAborted()
    await store.write(async (transaction) => {
      const run = runIn(transaction)
      await run(`set local lock_timeout = '5s'`)
      await run(`drop table if exists ${day.name}`)
    })
  }
  return old.length
}

/** The partitions of which only a part is old: the day of `before`, and the one for rows of no day. */
async function listPartial(store: Store, table: Partitioned['table'], before: Microseconds): Promise<string[]> {
  const days = await store.write((transaction) => listPartitions(runIn(transaction), table))
  return [...days.filter((day) => day.from < before).map((day) => day.name), `${table}_default`]
}

function isOld({ table, column }: Partitioned, before: Microseconds, kind: DatabaseKind): Condition {
  return combine('and_', [
    table === 'log' && hasCoarseLogTimes(kind)
      ? sql<SqlBool>`${sql.raw(COARSE_LOG_TIME)} <= ${toCoarseLogTime(before)}`
      : undefined,
    sql<SqlBool>`${sql.ref(column)} < ${Math.trunc(before)}`,
  ])
}

async function deleteInChunks(
  store: Store,
  table: string,
  condition: Condition,
  { signal, chunk = CHUNK }: DropOptions,
): Promise<number> {
  const row = sql.raw(store.kind === 'sqlite' ? 'rowid' : 'ctid')
  const chosen = sql`(select ${row} from ${sql.table(table)} where ${condition} limit ${Math.trunc(chunk)})`
  const isChosen = store.kind === 'sqlite' ? sql`in ${chosen}` : sql`= any (array${chosen})`
  const removal = sql`delete from ${sql.table(table)} where ${row} ${isChosen}`
  for (let total = 0; ; ) {
    signal?.throwIfAborted()
    const { numAffectedRows } = await store.write(({ db }) => removal.execute(db))
    const count = Number(numAffectedRows ?? 0n)
    total += count
    if (count < chunk) return total
  }
}
