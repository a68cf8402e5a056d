import { existsSync, rmSync } from 'node:fs'
import type pg from 'pg'
import { parseDatabaseUrl } from '../database-url.ts'
import { withPostgres } from '../postgres/client.ts'
import { lockSchema, readSchemaState } from '../postgres/migrate.ts'
import { toBulkFile } from '../sqlite/files.ts'
import { openExclusive } from '../sqlite/open-database.ts'
import { upgradeDatabase } from './upgrade-database.ts'

/** Removes everything from a database and makes its schema anew. Refused while a server uses a SQLite file. */
export async function resetDatabase(url: string): Promise<{ database: string; version: number }> {
  const database = parseDatabaseUrl(url)
  if (database.kind === 'sqlite') await removeFiles(database.file)
  else await withPostgres(database, (client) => dropTables(client, database.name))
  const { to } = await upgradeDatabase(url)
  return { database: database.name, version: to }
}

async function removeFiles(file: string): Promise<void> {
  // Opening it says whether it is ours, and whether somebody works with it.
  if (existsSync(file)) (await openExclusive(file)).close()
  for (const path of [file, toBulkFile(file)]) {
    for (const ending of ['-wal', '-shm', '']) rmSync(`${path}${ending}`, { force: true })
  }
}

async function dropTables(client: pg.Client, name: string): Promise<void> {
  await client.query('begin')
  await lockSchema(client)
  // Refuses a database that belongs to something else.
  await readSchemaState(client, name)
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class
     where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition`,
  )
  for (const table of rows) await client.query(`drop table if exists ${table.name} cascade`)
  await client.query('commit')
}
