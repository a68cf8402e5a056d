import { type DatabaseUrl, parseDatabaseUrl } from './database-url.ts'
import { refuseNewer, refuseOlder } from './migrations/state.ts'
import { toOpeningTrouble } from './postgres/errors.ts'
import { migratePostgres, readSchemaState as readPostgresState } from './postgres/migrate.ts'
import { openPool } from './postgres/pools.ts'
import { PostgresStore } from './postgres/postgres-store.ts'
import { beginImmediate } from './sqlite/begin.ts'
import { migrateSqlite, readSchemaState as readSqliteState } from './sqlite/migrate.ts'
import { openWriter, type Synchronous, translating } from './sqlite/open-database.ts'
import { SqliteStore } from './sqlite/sqlite-store.ts'
import type { Store } from './store.ts'

export type OpenStoreOptions = {
  /** `postgres://...`, `sqlite:///absolute/path` or a path. */
  url: string
  /** Makes the missing steps of the schema; without it a database that lacks some is refused. */
  upgrade?: boolean
  /** Bounds what waits for a commit. */
  maxPendingBytes?: number
  /**
   * SQLite: when a commit reaches the disk. With `normal` a crash of the process loses nothing, a power cut may lose the
   * last commits (never the file's soundness); `full` waits for the disk at every commit.
   */
  synchronous?: Synchronous
  /** SQLite: threads for long reads. */
  searchThreads?: number
  /** SQLite: how long a write waits while another process holds the file. */
  lockedMilliseconds?: number
  /** Postgres: connections for units and short reads. */
  connections?: number
  /** Postgres: connections for long reads. */
  searchConnections?: number
  connectMilliseconds?: number
  /** How long a long read may take. */
  searchDeadlineMilliseconds?: number
  /** Told of what has no caller: a failing `afterCommit` action, an idle connection that breaks. */
  onError?(error: unknown): void
}

const DEFAULT_PENDING_BYTES = 64 * 1024 * 1024

/** Opens the store that a URL names, and upgrades its schema when asked. */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const url = parseDatabaseUrl(options.url)
  return url.kind === 'sqlite' ? openSqlite(url, options) : openPostgres(url, options)
}

async function openSqlite({ file }: DatabaseUrl & { kind: 'sqlite' }, options: OpenStoreOptions): Promise<Store> {
  const lockedMilliseconds = options.lockedMilliseconds ?? 5000
  const writer = { synchronous: options.synchronous ?? 'normal', create: options.upgrade === true, lockedMilliseconds }
  const database = await openWriter(file, writer)
  try {
    return await translating(file, lockedMilliseconds, async () => {
      if (options.upgrade) {
        refuseNewer(readSqliteState(database), file)
        await migrateSqlite(database, file, lockedMilliseconds)
        // A complete file is only read above; that it can be written is to be known now, with its own sentence.
        await beginImmediate(database, lockedMilliseconds)
        database.exec('rollback')
      }
      const state = readSqliteState(database)
      refuseNewer(state, file)
      refuseOlder(state, file)
      return new SqliteStore(file, database, {
        maxPendingBytes: options.maxPendingBytes ?? DEFAULT_PENDING_BYTES,
        searchThreads: options.searchThreads ?? 2,
        searchDeadlineMilliseconds: options.searchDeadlineMilliseconds ?? 30_000,
        lockedMilliseconds,
        onError: options.onError ?? warn,
      })
    })
  } catch (error) {
    database.close()
    throw error
  }
}

async function openPostgres({ url, name }: DatabaseUrl & { kind: 'postgres' }, options: OpenStoreOptions): Promise<Store> {
  const onError = options.onError ?? warn
  const connectMilliseconds = options.connectMilliseconds ?? 10_000
  const pool = openPool(url, { connections: options.connections ?? 10, connectMilliseconds, onError })
  try {
    const client = await pool.connect()
    try {
      if (options.upgrade) await migratePostgres(client, name)
      const state = await readPostgresState(client, name)
      refuseNewer(state, name)
      refuseOlder(state, name)
    } finally {
      client.release()
    }
  } catch (error) {
    await pool.end()
    throw toOpeningTrouble(error, name)
  }
  const searchPool = openPool(url, {
    connections: options.searchConnections ?? 4,
    connectMilliseconds,
    statementMilliseconds: options.searchDeadlineMilliseconds ?? 30_000,
    onError,
  })
  const batchPool = openPool(url, { connections: BATCH_CONNECTIONS, connectMilliseconds, options: BATCH_OPTIONS, onError })
  return new PostgresStore(
    { pool, searchPool, batchPool },
    {
      name,
      maxPendingBytes: options.maxPendingBytes ?? DEFAULT_PENDING_BYTES,
      onError,
    },
  )
}

/** Statements for many runs at once. Few, so that what comes meanwhile gathers. */
const BATCH_CONNECTIONS = 3
/**
 * All of them find rows by their keys, and their plans are kept: one that was made while a table was small must not read
 * it whole later. A row that somebody locked makes the batch fail soon, and each of its units waits alone.
 */
const BATCH_OPTIONS = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c lock_timeout=250'

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
