import { nowMicroseconds } from '@aedile/core/time'
import type BetterSqlite3 from 'better-sqlite3'
import { migrations, SCHEMA_VERSION } from '../migrations/index.ts'
import { buildSchema, type Migration } from '../migrations/migration.ts'
import { MIGRATION_TABLE, refuseNewer, type SchemaState } from '../migrations/state.ts'
import { beginImmediate } from './begin.ts'
import { APPLICATION_ID } from './open-database.ts'

/** Reads which steps a database has seen. */
export function readSchemaState(database: BetterSqlite3.Database): SchemaState {
  const exists = database.prepare('select 1 from main.sqlite_schema where name = ?').get(MIGRATION_TABLE)
  if (!exists) return { version: 0, worksWith: 0 }
  const row = database
    .prepare<[], SchemaState>(
      `select coalesce(max(version), 0) as version, coalesce(max(works_with), 0) as "worksWith" from main.${MIGRATION_TABLE}`,
    )
    .get()
  const bulk = database.pragma('bulk.user_version', { simple: true }) as number
  // A second file that was lost or lags behind (see `Migration`) counts as steps to be made.
  const version = row!.version <= SCHEMA_VERSION ? Math.min(row!.version, bulk) : row!.version
  return { version, worksWith: row!.worksWith }
}

/** Makes the missing steps. Two processes at once are safe: each step is made under the file's write lock. */
export async function migrateSqlite(database: BetterSqlite3.Database, file: string, lockedMilliseconds: number): Promise<void> {
  if (readSchemaState(database).version >= SCHEMA_VERSION) return
  for (const migration of migrations) {
    await inTransaction(database, lockedMilliseconds, () => migrateBulk(database, migration))
    await inTransaction(database, lockedMilliseconds, () => migrateMain(database, migration, file))
  }
}

async function migrateBulk(database: BetterSqlite3.Database, migration: Migration): Promise<void> {
  const version = database.pragma('bulk.user_version', { simple: true }) as number
  if (version >= migration.version) return
  await migration.bulk(buildSchema('sqlite', 'bulk', async (sql) => void database.exec(sql)))
  database.pragma(`bulk.user_version = ${migration.version}`)
}

async function migrateMain(database: BetterSqlite3.Database, migration: Migration, file: string): Promise<void> {
  database.exec(
    `create table if not exists main.${MIGRATION_TABLE}
     (version integer primary key, name text not null, works_with integer not null, applied integer not null) strict`,
  )
  database.pragma(`main.application_id = ${APPLICATION_ID}`)
  refuseNewer(readSchemaState(database), file)
  if (database.prepare(`select 1 from main.${MIGRATION_TABLE} where version = ?`).get(migration.version)) return
  await migration.main(buildSchema('sqlite', 'main', async (sql) => void database.exec(sql)))
  database
    .prepare(`insert into main.${MIGRATION_TABLE} (version, name, works_with, applied) values (?, ?, ?, ?)`)
    .run(migration.version, migration.name, migration.worksWith ?? migration.version, BigInt(nowMicroseconds()))
}

async function inTransaction(
  database: BetterSqlite3.Database,
  lockedMilliseconds: number,
  work: () => Promise<void>,
): Promise<void> {
  await beginImmediate(database, lockedMilliseconds)
  try {
    await work()
    database.exec('commit')
  } catch (error) {
    if (database.inTransaction) database.exec('rollback')
    throw error
  }
}
