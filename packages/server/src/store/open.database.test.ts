import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../testing/databases.ts'

let database: TestStore
beforeEach(async () => {
  database = await openTestStore()
})
afterEach(() => database.close())

const flow = (name: string) => ({
  id: randomUUID(),
  created: 1_700_000_000_000_001,
  updated: 2,
  name,
  tags: '["b", "a"]',
  labels: '{}',
})

test('what a unit writes can be read after it, by short and by long reads, with every codec unchanged', async () => {
  const { store } = database
  const row = flow('first')
  await store.write(({ db }) => db.insertInto('flow').values(row).execute())
  expect(await store.db.selectFrom('flow').selectAll().execute()).toEqual([row])
  expect(
    await store.search(store.db.selectFrom('flow').selectAll().where('created', '>', 1_700_000_000_000_000).compile()),
  ).toEqual([row])
  const count = store.db
    .selectFrom('flow')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('created').as('sum')])
  expect(await store.search(count.compile())).toEqual([{ count: 1, sum: row.created }])
})

test('the clock is near the wall clock and only goes forward', async () => {
  const first = await database.store.clock()
  const second = await database.store.clock()
  expect(second).toBeGreaterThan(first)
  expect(Math.abs(first / 1000 - Date.now())).toBeLessThan(60_000)
})

test('a write through the reading side is refused', async () => {
  await expect(database.store.db.insertInto('flow').values(flow('x')).execute()).rejects.toThrow('store.write()')
})

test('names sort by code on both databases', async () => {
  const names = ['b', 'B', 'a', 'é', 'Z', '_']
  await database.store.write(({ db }) => db.insertInto('flow').values(names.map(flow)).execute())
  const rows = await database.store.db.selectFrom('flow').select('name').orderBy('name').execute()
  expect(rows.map((row) => row.name)).toEqual(['B', 'Z', '_', 'a', 'b', 'é'])
  const truth = await database.store.db.selectFrom('flow').select(sql<number>`name = 'b'`.as('truth')).orderBy('name').execute()
  expect(truth.map((row) => row.truth)).toEqual([0, 0, 0, 0, 1, 0])
})
