import { AedileError } from '@aedile/core/errors'
import { nowMicroseconds } from '@aedile/core/time'
import type pg from 'pg'
import { migrations } from '../migrations/index.ts'
import { buildSchema } from '../migrations/migration.ts'
import { MIGRATION_TABLE, refuseNewer, type SchemaState } from '../migrations/state.ts'
import { makePartitions } from './partitions.ts'

/** Everyone who changes the schema holds this advisory lock: 'AEDI'. */
const LOCK = 0x41454449
const LOCK_SECONDS = 60

/** Reads which steps a database has seen, and refuses one that belongs to something else. */
export async function readSchemaState(client: pg.ClientBase, database: string): Promise<SchemaState> {
  const tables = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = current_schema()
     order by tablename <> '${MIGRATION_TABLE}', tablename limit 3`,
  )
  if (tables.rows.length === 0) return { version: 0, worksWith: 0 }
  if (tables.rows[0]!.name !== MIGRATION_TABLE) {
    const found = `it has tables of something else (${tables.rows.map((table) => table.name).join(', ')})`
    throw new AedileError('database_foreign', { database, found })
  }
  const { rows } = await client.query<SchemaState>(
    `select coalesce(max(version), 0) as version, coalesce(max(works_with), 0) as "worksWith" from ${MIGRATION_TABLE}`,
  )
  return rows[0]!
}

/** Keeps everyone else from changing the schema until the transaction ends. */
export async function lockSchema(client: pg.ClientBase): Promise<void> {
  await client.query(`set local lock_timeout = '${LOCK_SECONDS}s'`)
  await client.query('select pg_advisory_xact_lock($1)', [LOCK])
}

/** Makes the missing steps in one transaction, under a lock: servers that start at once wait for the first. */
export async function migratePostgres(client: pg.ClientBase, database: string): Promise<void> {
  await client.query('begin')
  try {
    await lockSchema(client)
    const state = await readSchemaState(client, database)
    refuseNewer(state, database)
    const missing = migrations.filter((migration) => migration.version > state.version)
    if (missing.length > 0) await makeSteps(client, missing)
    await makePartitions(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows, nowMicroseconds())
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

async function makeSteps(client: pg.ClientBase, missing: typeof migrations): Promise<void> {
  await client.query(
    `create table if not exists ${MIGRATION_TABLE}
     (version bigint primary key, name text not null, works_with bigint not null, applied bigint not null)`,
  )
  const schema = buildSchema('postgres', 'main', async (sql) => void (await client.query(sql)))
  for (const migration of missing) {
    await migration.bulk(schema)
    await migration.main(schema)
    await client.query(`insert into ${MIGRATION_TABLE} (version, name, works_with, applied) values ($1, $2, $3, $4)`, [
      migration.version,
      migration.name,
      migration.worksWith ?? migration.version,
      nowMicroseconds(),
    ])
  }
}
