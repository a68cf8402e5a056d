import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** The file that holds logs and events beside a database file: `aedile.db` has `aedile-bulk.db`. */
export function toBulkFile(file: string): string {
  return `${file.replace(/\.(db|sqlite|sqlite3)$/i, '')}-bulk.db`
}

/** Makes a missing database file, readable for its owner only; SQLite gives its journal the same permissions. */
export function createFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
}
