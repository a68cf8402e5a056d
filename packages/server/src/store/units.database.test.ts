import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../testing/databases.ts'
import { openStore } from './open.ts'
import type { Transaction } from './store.ts'
import { isForeignKeyViolation, isUniqueViolation } from './violations.ts'

let database: TestStore
beforeEach(async () => {
  database = await openTestStore()
})
afterEach(() => database.close())

function insertFlow({ db }: Transaction, name: string) {
  return db.insertInto('flow').values({ id: randomUUID(), created: 1, updated: 1, name, tags: '[]', labels: '{}' }).execute()
}

async function flowNames(): Promise<string[]> {
  const rows = await database.store.db.selectFrom('flow').select('name').orderBy('name').execute()
  return rows.map((row) => row.name)
}

test('of the units of one tick a failing one rolls back alone', async () => {
  const { store } = database
  const results = await Promise.allSettled([
    store.write((transaction) => insertFlow(transaction, 'a')),
    store.write(async (transaction) => {
      await insertFlow(transaction, 'b')
      throw new Error('no')
    }),
    store.write((transaction) => insertFlow(transaction, 'c')),
  ])
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await flowNames()).toEqual(['a', 'c'])
})

test('actions after the commit run in order and see it, before the answer, and never after a rollback', async () => {
  const { store } = database
  const seen: string[] = []
  let visible: Promise<string[]> | undefined
  await store.write(async (transaction) => {
    await insertFlow(transaction, 'a')
    transaction.afterCommit(() => {
      seen.push('first')
      visible = flowNames()
    })
    transaction.afterCommit(() => seen.push('second'))
  })
  seen.push('answer')
  const failing = store.write(async (transaction) => {
    transaction.afterCommit(() => seen.push('never'))
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(seen).toEqual(['first', 'second', 'answer'])
  expect(await visible).toEqual(['a'])
})

test('an action that fails after the commit takes neither the answer nor the other actions', async () => {
  const errors: unknown[] = []
  const other = await openTestStore({ onError: (error) => errors.push(error) })
  try {
    const seen: string[] = []
    const answer = await other.store.write(async ({ afterCommit }) => {
      afterCommit(() => {
        throw new Error('listener')
      })
      afterCommit(() => void seen.push('next'))
      return 42
    })
    expect({ answer, seen, errors: errors.map(String) }).toEqual({ answer: 42, seen: ['next'], errors: ['Error: listener'] })
  } finally {
    await other.close()
  }
})

test('a unit whose statement failed rolls back, also when it kept the error to itself', async () => {
  const { store } = database
  await store.write((transaction) => insertFlow(transaction, 'taken'))
  const unit = store.write(async (transaction) => {
    await insertFlow(transaction, 'with it')
    await insertFlow(transaction, 'taken').catch(() => undefined)
  })
  expect(isUniqueViolation(await unit.catch((error) => error))).toBe(true)
  expect(await flowNames()).toEqual(['taken'])
})

test('a reference to nothing is refused', async () => {
  const unit = database.store.write(({ db }) =>
    db
      .insertInto('flow_run_input')
      .values({ id: randomUUID(), created: 1, updated: 1, flow_run_id: randomUUID(), key: 'k', value: 'v', sender: null })
      .execute(),
  )
  expect(isForeignKeyViolation(await unit.catch((error) => error))).toBe(true)
})

test('nobody else sees what a unit wrote before its commit', async () => {
  const { store } = database
  let duringUnit: Promise<string[]> | undefined
  await store.write(async (transaction) => {
    await insertFlow(transaction, 'a')
    duringUnit = flowNames()
    await transaction.db.selectFrom('flow').select('name').execute()
    if (transaction.kind === 'postgres') await duringUnit
  })
  expect(await duringUnit).toEqual([])
})

test('a transaction that is used after its unit settled is refused', async () => {
  let leaked: Transaction | undefined
  await database.store.write(async (transaction) => {
    leaked = transaction
  })
  await expect(insertFlow(leaked!, 'late')).rejects.toThrow('over')
  expect(await flowNames()).toEqual([])
})

test('units wait for their commit within a bound of bytes, beyond it the store is busy', async () => {
  const other = await openStore({ url: database.url, maxPendingBytes: 1000 })
  try {
    const first = other.write((transaction) => insertFlow(transaction, 'a'), { bytes: 600 })
    const second = other.write((transaction) => insertFlow(transaction, 'b'), { bytes: 600 })
    await expect(second).rejects.toMatchObject({ code: 'server_busy', status: 503 })
    await first
    await other.write((transaction) => insertFlow(transaction, 'c'), { bytes: 5000 })
  } finally {
    await other.close()
  }
  expect(await flowNames()).toEqual(['a', 'c'])
})

test('closing lets the units that wait commit first', async () => {
  const other = await openStore({ url: database.url })
  const units = ['a', 'b', 'c'].map((name) => other.write((transaction) => insertFlow(transaction, name)))
  await other.close()
  await Promise.all(units)
  expect(await flowNames()).toEqual(['a', 'b', 'c'])
  await expect(other.write(async () => undefined)).rejects.toThrow('closed')
})

test('a unit may write a thousand rows and both files at once', async () => {
  const { store } = database
  const counter = { flow_run_id: randomUUID(), last: 7 }
  await store.write(async (transaction) => {
    await transaction.db.insertInto('log_counter').values(counter).execute()
    for (let count = 0; count < 1000; count++) await insertFlow(transaction, String(count))
  })
  expect(await store.db.selectFrom('log_counter').selectAll().execute()).toEqual([counter])
  expect(await flowNames()).toHaveLength(1000)
})

test('units that lock the same rows in opposite order both commit', async () => {
  const { store } = database
  const raise = (transaction: Transaction, name: string) =>
    transaction.db
      .updateTable('flow')
      .set(({ eb }) => ({ updated: eb('updated', '+', 1) }))
      .where('name', '=', name)
      .execute()
  await store.write(async (transaction) => {
    await insertFlow(transaction, 'a')
    await insertFlow(transaction, 'b')
  })
  const unit = (first: string, second: string) =>
    store.write(async (transaction) => {
      await raise(transaction, first)
      await raise(transaction, second)
    })
  await Promise.all(Array.from({ length: 4 }, (_, index) => (index % 2 ? unit('a', 'b') : unit('b', 'a'))))
  const rows = await store.db.selectFrom('flow').select(['name', 'updated']).orderBy('name').execute()
  expect(rows).toEqual([
    { name: 'a', updated: 5 },
    { name: 'b', updated: 5 },
  ])
})
