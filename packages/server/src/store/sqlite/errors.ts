import { AedileError } from '@aedile/core/errors'

/** Turns SQLite's trouble into an error of the catalogue. Broken constraints and our own errors stay as they are. */
export function toSqliteTrouble(error: unknown, file: string): unknown {
  const code = sqliteCode(error)
  if (code === undefined) return error
  const database = file
  const reason = (error as Error).message
  const options = { cause: error }
  if (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED') return new AedileError('server_busy', { database }, options)
  if (code === 'SQLITE_FULL') return new AedileError('database_full', { database }, options)
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return new AedileError('database_readonly', { database, reason }, options)
  }
  if (code.startsWith('SQLITE_CANTOPEN')) return new AedileError('database_readonly', { database, reason }, options)
  if (code === 'SQLITE_NOTADB') return new AedileError('database_foreign', { database, found: 'it is no SQLite file' }, options)
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_IOERR')) {
    return new AedileError('database_corrupt', { database, reason }, options)
  }
  return error
}

/** SQLite's extended code, or undefined for another kind of error. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined
}
