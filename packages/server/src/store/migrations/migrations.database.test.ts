import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEmptyDatabase, type TestDatabase } from '../../testing/databases.ts'
import { readSchemaVersion } from '../maintenance/schema-version.ts'
import { openStore } from '../open.ts'
import { readServerId } from '../server-id.ts'
import { SCHEMA_VERSION } from './index.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await createEmptyDatabase()
})
afterEach(() => database.remove())

test('servers that start at once on an empty database all come up, with one schema and one id', async () => {
  const stores = await Promise.all([1, 2, 3, 4].map(() => openStore({ url: database.url, upgrade: true, connections: 2 })))
  try {
    const ids = await Promise.all(stores.map(readServerId))
    expect(new Set(ids).size).toBe(1)
    expect(await readSchemaVersion(database.url)).toBe(SCHEMA_VERSION)
  } finally {
    await Promise.all(stores.map((store) => store.close()))
  }
})

test('a database that lacks steps is refused unless they are asked for, and left as it is', async () => {
  await (await openStore({ url: database.url, upgrade: true })).close()
  await forge(`delete from aedile_migration`)
  await expect(openStore({ url: database.url })).rejects.toMatchObject({ code: 'database_older' })
  expect(await readSchemaVersion(database.url)).toBe(0)
})

test('a database of a newer version is refused with a sentence', async () => {
  await (await openStore({ url: database.url, upgrade: true })).close()
  await forge(`insert into aedile_migration (version, name, works_with, applied) values (900, 'later', 900, 1)`)
  for (const upgrade of [false, true]) {
    const refused = await openStore({ url: database.url, upgrade }).catch((error) => error)
    expect(refused).toMatchObject({ code: 'database_newer' })
    expect(refused.message).toMatch(/made by a newer version: its schema is 900, this version knows up to \d+/)
  }
})

test('a newer schema that says it works with this version is accepted', async () => {
  await (await openStore({ url: database.url, upgrade: true })).close()
  await forge(`insert into aedile_migration (version, name, works_with, applied) values (900, 'later', ${SCHEMA_VERSION}, 1)`)
  const store = await openStore({ url: database.url, upgrade: true })
  expect(await store.db.selectFrom('flow').selectAll().execute()).toEqual([])
  await store.close()
})

test('a server goes on when another one adds a column to a table that it reads and writes', async () => {
  const store = await openStore({ url: database.url, upgrade: true, connections: 1 })
  const row = { key: 'a', value: '1', updated: 1 }
  const upsert = () =>
    store.write(({ db }) =>
      db
        .insertInto('configuration')
        .values(row)
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ updated: 1 }))
        .returningAll()
        .execute(),
    )
  const read = () => store.db.selectFrom('configuration').selectAll().execute()
  // Both databases keep a statement prepared once it comes again.
  for (let count = 0; count < 4; count++) expect([await upsert(), await read()]).toEqual([[row], [row]])
  await forge('alter table configuration add column later text')
  expect(await read()).toEqual([{ ...row, later: null }])
  await forge('alter table configuration add column again text')
  expect(await upsert()).toEqual([{ ...row, later: null, again: null }])
  await store.close()
})

test('what belongs to a deleted flow, deployment or pool goes or stays as the contract says', async () => {
  const store = await openStore({ url: database.url, upgrade: true })
  const [flow, deployment, pool, queue, run] = Array.from({ length: 5 }, () => randomUUID())
  const stored = (id: string) => sql.join([sql.val(id), sql.lit(1), sql.lit(1)])
  try {
    await store.write(async ({ db }) => {
      await sql`insert into flow (id, created, updated, name, tags, labels) values (${stored(flow!)}, 'f', '[]', '{}')`.execute(
        db,
      )
      await sql`insert into work_pool (id, created, updated, name, type, base_job_template, storage_configuration)
        values (${stored(pool!)}, 'p', 'process', '{}', '{}')`.execute(db)
      await sql`insert into work_queue (id, created, updated, work_pool_id, name, priority, status)
        values (${stored(queue!)}, ${pool}, 'q', 1, 'READY')`.execute(db)
      await sql`insert into worker (id, created, updated, work_pool_id, name, status)
        values (${stored(randomUUID())}, ${pool}, 'w', 'ONLINE')`.execute(db)
      await sql`insert into deployment (id, created, updated, name, flow_id, job_variables, parameters, tags, labels, work_queue_id, status)
        values (${stored(deployment!)}, 'd', ${flow}, '{}', '{}', '[]', '{}', ${queue}, 'READY')`.execute(db)
      await sql`insert into flow_run (id, created, updated, name, flow_id, deployment_id, work_queue_id, parameters, context,
        empirical_policy, tags, labels) values (${stored(run!)}, 'r', ${flow}, ${deployment}, ${queue}, '{}', '{}', '{}', '[]', '{}')`.execute(
        db,
      )
    })
    await store.write(({ db }) => db.deleteFrom('work_pool').where('id', '=', pool!).execute())
    expect(await store.db.selectFrom('work_queue').select('id').execute()).toEqual([])
    expect(await store.db.selectFrom('worker').select('id').execute()).toEqual([])
    await store.write(({ db }) => db.deleteFrom('deployment').where('id', '=', deployment!).execute())
    const runs = await store.db.selectFrom('flow_run').select(['id', 'deployment_id', 'work_queue_id']).execute()
    expect(runs).toEqual([{ id: run, deployment_id: deployment, work_queue_id: null }])
    await store.write(({ db }) => db.deleteFrom('flow').where('id', '=', flow!).execute())
    expect(await store.db.selectFrom('flow_run').select('id').execute()).toEqual([])
  } finally {
    await store.close()
  }
})

async function forge(statement: string): Promise<void> {
  const store = await openStore({ url: database.url })
  await store.write(({ db }) => sql.raw(statement).execute(db))
  await store.close()
}
