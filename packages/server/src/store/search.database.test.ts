import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../testing/databases.ts'
import { lockRows } from './lock-rows.ts'
import { openStore } from './open.ts'

let database: TestStore
beforeEach(async () => {
  database = await openTestStore()
})
afterEach(() => database.close())

/** A query that keeps a core busy for long. */
const endless =
  'with recursive n (i) as (select 1 union all select i + 1 from n where i < 4000000) select count(*) as count from n'

test('more searches than threads or connections are all answered, each with its own rows', async () => {
  const { store } = database
  const numbers = Array.from({ length: 40 }, (_, index) => index)
  const answers = await Promise.all(
    numbers.map((number) =>
      store.search<{ number: number }>(sql<{ number: number }>`select ${sql.lit(number)} as number`.compile(store.db)),
    ),
  )
  expect(answers).toEqual(numbers.map((number) => [{ number }]))
})

test('a search that is wrong fails alone', async () => {
  const { store } = database
  const wrong = store.search(sql`select x from nowhere`.compile(store.db))
  const right = store.search(store.db.selectFrom('flow').selectAll().compile())
  await expect(wrong).rejects.toThrow('nowhere')
  expect(await right).toEqual([])
})

test('a search cannot write', async () => {
  const { store } = database
  const insert = store.db
    .insertInto('flow')
    .values({ id: randomUUID(), created: 1, updated: 1, name: 'x', tags: '[]', labels: '{}' })
    .compile()
  await expect(store.search(insert)).rejects.toThrow('write')
  expect(await store.db.selectFrom('flow').selectAll().execute()).toEqual([])
})

test('a search that takes too long is given up as busy, and does not keep others from theirs', async () => {
  const impatient = await openStore({ url: database.url, searchDeadlineMilliseconds: 100 })
  try {
    await expect(impatient.search(sql.raw(endless).compile(impatient.db))).rejects.toMatchObject({ code: 'server_busy' })
    expect(await database.store.search(database.store.db.selectFrom('flow').selectAll().compile())).toEqual([])
  } finally {
    await impatient.close()
  }
})

test('rows that a unit locked are not changed by another until it commits', async () => {
  const { store } = database
  await store.write(({ db }) => db.insertInto('configuration').values({ key: 'n', value: '0', updated: 1 }).execute())
  const raise = () =>
    store.write(async (transaction) => {
      const query = transaction.db.selectFrom('configuration').select('value').where('key', '=', 'n')
      const row = await lockRows(transaction, query).executeTakeFirstOrThrow()
      const value = JSON.stringify(JSON.parse(row.value) + 1)
      await transaction.db.updateTable('configuration').set({ value }).where('key', '=', 'n').execute()
    })
  await Promise.all(Array.from({ length: 30 }, raise))
  expect(await store.db.selectFrom('configuration').select('value').where('key', '=', 'n').execute()).toEqual([{ value: '30' }])
})
