import { accessSync, constants, existsSync } from 'node:fs'
import { AedileError } from '@aedile/core/errors'
import BetterSqlite3 from 'better-sqlite3'
import { BLOCKING_MILLISECONDS, whenUnlocked } from './begin.ts'
import { sqliteCode, toSqliteTrouble } from './errors.ts'
import { createFile, toBulkFile } from './files.ts'

export type Synchronous = 'off' | 'normal' | 'full'

/** 'AEDI', in the header of our files. */
export const APPLICATION_ID = 0x41454449

/** Reads rarely wait in WAL mode: only while the file is recovered or its journal is reset. */
const READ_MILLISECONDS = 5000

/**
 * Kibibytes of pages that a connection keeps, negative as SQLite has it. Lines and events are only appended to, and what a
 * reader does not keep is in the system's own cache.
 */
const WRITER_PAGES = { main: -12_000, bulk: -4_000 }
const READER_PAGES = -3_000

export type WriterOptions = {
  synchronous: Synchronous
  /** Makes the files when they are missing. */
  create: boolean
  /** How long to wait while another process holds the file. */
  lockedMilliseconds: number
}

/** Opens the writing connection: both files, made when missing, with what cannot be changed later. */
export async function openWriter(file: string, options: WriterOptions): Promise<BetterSqlite3.Database> {
  return translating(file, options.lockedMilliseconds, async () => {
    if (!options.create && !existsSync(file)) {
      throw new AedileError('database_unreachable', { database: file, reason: 'there is no such file' })
    }
    for (const path of [file, toBulkFile(file)]) {
      createFile(path)
      // SQLite opens a file that it may not write read-only, and says so at the first write only.
      accessSync(path, constants.R_OK | constants.W_OK)
    }
    return whenUnlocked(options.lockedMilliseconds, () => connect(file, options.synchronous))
  })
}

function connect(file: string, synchronous: Synchronous): BetterSqlite3.Database {
  const database = new BetterSqlite3(file, { timeout: BLOCKING_MILLISECONDS })
  try {
    refuseForeign(database, file)
    setLayout(database, 'main')
    database.prepare('attach database ? as bulk').run(toBulkFile(file))
    setLayout(database, 'bulk')
    for (const schema of ['main', 'bulk'] as const) {
      database.pragma(`${schema}.synchronous = ${synchronous}`)
      database.pragma(`${schema}.journal_size_limit = 67108864`)
      database.pragma(`${schema}.cache_size = ${WRITER_PAGES[schema]}`)
    }
    database.pragma('foreign_keys = on')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Opens a connection that can only read, of both files. It sees what is committed. */
export function openReader(file: string): BetterSqlite3.Database {
  const database = new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: READ_MILLISECONDS })
  database.prepare('attach database ? as bulk').run(toBulkFile(file))
  for (const schema of ['main', 'bulk']) database.pragma(`${schema}.cache_size = ${READER_PAGES}`)
  return database
}

/** Opens a file of ours alone: refused while any other connection to it is open. */
export async function openExclusive(file: string): Promise<BetterSqlite3.Database> {
  return translating(file, 0, async () => {
    const database = new BetterSqlite3(file, { fileMustExist: true, timeout: BLOCKING_MILLISECONDS })
    try {
      refuseForeign(database, file)
      database.pragma('locking_mode = exclusive')
      database.exec('begin exclusive; rollback')
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** Only an empty file takes auto_vacuum, so this is said before its first table. */
function setLayout(database: BetterSqlite3.Database, schema: 'main' | 'bulk'): void {
  if (database.pragma(`${schema}.page_count`, { simple: true }) === 0) database.pragma(`${schema}.auto_vacuum = incremental`)
  const mode = database.pragma(`${schema}.journal_mode = wal`, { simple: true })
  if (mode !== 'wal') throw new Error(`SQLite keeps journal mode ${String(mode)}: the file system cannot do WAL.`)
}

function refuseForeign(database: BetterSqlite3.Database, file: string): void {
  const id = database.pragma('main.application_id', { simple: true })
  if (id === APPLICATION_ID) return
  const tables = database.prepare<[], { name: string }>("select name from main.sqlite_schema where type = 'table' limit 3").all()
  if (tables.length === 0) return
  const found = `it has tables of something else (${tables.map((table) => table.name).join(', ')})`
  throw new AedileError('database_foreign', { database: file, found })
}

/** Names the trouble that a file makes while it is opened. */
export async function translating<T>(file: string, lockedMilliseconds: number, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY')) {
      const details = { database: file, seconds: lockedMilliseconds / 1000 }
      throw new AedileError('database_locked', details, { cause: error })
    }
    const system = (error as NodeJS.ErrnoException).code
    if (system === 'EACCES' || system === 'EROFS' || system === 'EPERM') {
      throw new AedileError('database_readonly', { database: file, reason: (error as Error).message }, { cause: error })
    }
    if (system === 'EISDIR' || system === 'ENOTDIR') {
      throw new AedileError('database_foreign', { database: file, found: describePath(error as Error) }, { cause: error })
    }
    if (system === 'ENOSPC') throw new AedileError('database_full', { database: file }, { cause: error })
    throw toSqliteTrouble(error, file)
  }
}

function describePath(error: Error): string {
  return (error as NodeJS.ErrnoException).code === 'EISDIR'
    ? 'it is a folder'
    : `a part of its path is no folder (${error.message})`
}
