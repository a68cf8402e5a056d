import { createRequire } from 'node:module'
import type { Place } from '../products/product.ts'
import type { Stage } from './stage.ts'

/** A database as SQL sees it, past the server. */
export type OpenDatabase = {
  /** The first column of what a statement gives, as text. */
  sql(text: string): string[]
  close(): void
}

/** Opens the database of a place; on SQLite another file can be attached under a name. */
export function openDatabase(stage: Stage, place: Place, attached: Record<string, string> = {}): OpenDatabase {
  if (place.postgres === null) return openSqlite(stage.product.databaseFile(place), attached)
  const { name } = place.postgres
  return { sql: (text) => stage.cluster!.query(text, name).split('\n'), close: () => undefined }
}

function openSqlite(file: string, attached: Record<string, string>): OpenDatabase {
  type Statement = { reader: boolean; pluck(): { all(): unknown[] }; run(...values: string[]): void }
  type Sqlite = new (path: string) => { prepare(sql: string): Statement; close(): void }
  const open = createRequire(import.meta.url)('better-sqlite3') as Sqlite
  const database = new open(file)
  for (const [name, path] of Object.entries(attached)) database.prepare(`attach database ? as ${name}`).run(path)
  return {
    sql(text) {
      const statement = database.prepare(text)
      if (statement.reader) return statement.pluck().all().map(String)
      statement.run()
      return []
    },
    close: () => database.close(),
  }
}
