import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../../testing/databases.ts'
import { applyAfter, applyPage, readNumberedPage, readPage } from './page.ts'
import { applySort, sortByFlowRun } from './sort.ts'
import { flowRow, flowRunRow, testId } from './testing/rows.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
  await test.store.write(async ({ db }) => {
    await db.insertInto('flow').values(flowRow(1)).execute()
    const ends = [null, 30, 10, null, 30, 20]
    const runs = ends.map((end_time, index) => flowRunRow(index + 1, { flow_id: testId(1), end_time }))
    await db.insertInto('flow_run').values(runs).execute()
  })
})
afterAll(() => test.close())

it('fills and checks the limit', () => {
  expect(readPage({})).toEqual({ limit: 200, offset: 0 })
  expect(readPage({ limit: 0, offset: 7 })).toEqual({ limit: 0, offset: 7 })
  expect(() => readPage({ limit: 201 })).toThrow('Invalid limit: must be less than or equal to 200.')
  expect(() => readPage({ limit: -1 })).toThrow('Invalid limit: must be greater than or equal to 0.')
  expect(readNumberedPage({ limit: 10, page: 3 })).toEqual({ limit: 10, offset: 20 })
})

it('orders equal rows by id and puts nulls last when descending, on both databases', async () => {
  const query = applySort(test.store.db.selectFrom('flow_run').select('id'), sortByFlowRun('END_TIME_DESC'))
  expect((await query.execute()).map(({ id }) => id)).toEqual([5, 2, 6, 3, 4, 1].map(testId))
  const page = applyPage(query, { limit: 2, offset: 1 })
  expect((await page.execute()).map(({ id }) => id)).toEqual([2, 6].map(testId))
})

it('walks every row once by key, through nulls', async () => {
  const order = sortByFlowRun('END_TIME_DESC')
  const seen: string[] = []
  const { db } = test.store
  for (let step = 0; step < 10; step++) {
    const sorted = applySort(db.selectFrom('flow_run').select('id'), order).limit(2)
    const id = seen.at(-1)
    const rows = await (id ? await applyAfter(sorted, test.store, { table: 'flow_run', order, id }) : sorted).execute()
    if (rows.length === 0) break
    seen.push(...rows.map((row) => row.id))
  }
  expect(seen).toEqual([5, 2, 6, 3, 4, 1].map(testId))
  await expect(
    applyAfter(db.selectFrom('flow_run').select('id'), test.store, { table: 'flow_run', order, id: testId(9) }),
  ).rejects.toThrow('not found')
})
