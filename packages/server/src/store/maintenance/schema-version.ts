import { existsSync } from 'node:fs'
import { parseDatabaseUrl } from '../database-url.ts'
import { withPostgres } from '../postgres/client.ts'
import { readSchemaState as readPostgresState } from '../postgres/migrate.ts'
import { toBulkFile } from '../sqlite/files.ts'
import { readSchemaState as readSqliteState } from '../sqlite/migrate.ts'
import { openReader, translating } from '../sqlite/open-database.ts'

/** Reads the version of a database's schema without changing anything; 0 when there is none yet. */
export async function readSchemaVersion(url: string): Promise<number> {
  const database = parseDatabaseUrl(url)
  if (database.kind === 'postgres') {
    return withPostgres(database, async (client) => (await readPostgresState(client, database.name)).version)
  }
  if (!existsSync(database.file) || !existsSync(toBulkFile(database.file))) return 0
  return translating(database.file, 0, async () => {
    const reader = openReader(database.file)
    try {
      return readSqliteState(reader).version
    } finally {
      reader.close()
    }
  })
}
