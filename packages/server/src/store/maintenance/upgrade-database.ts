import { parseDatabaseUrl } from '../database-url.ts'
import { SCHEMA_VERSION } from '../migrations/index.ts'
import { openStore } from '../open.ts'
import { readSchemaVersion } from './schema-version.ts'

/** Makes the missing steps of a database's schema, and makes the database itself when it is a file that is not there. */
export async function upgradeDatabase(url: string): Promise<{ database: string; from: number; to: number }> {
  const database = parseDatabaseUrl(url).name
  const from = await readSchemaVersion(url)
  const store = await openStore({ url, upgrade: true, connections: 1, searchConnections: 1 })
  await store.close()
  return { database, from, to: Math.max(from, SCHEMA_VERSION) }
}
