import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../testing/databases.ts'
import { appendEvents } from './append-events.ts'
import { appendLogs, type NewLogLine } from './append-logs.ts'
import { insertRows } from './insert-rows.ts'
import { openStore } from './open.ts'
import type { EventTable } from './tables.ts'

let database: TestStore
beforeEach(async () => {
  database = await openTestStore()
})
afterEach(() => database.close())

function line(flowRunId: string | null, message = 'hello'): NewLogLine {
  const time = 1_700_000_000_000_000
  return {
    id: randomUUID(),
    created: time,
    name: 'root',
    level: 20,
    message,
    timestamp: time,
    flow_run_id: flowRunId,
    task_run_id: null,
  }
}

test('two servers that log to the same runs at once leave no gap and no place twice', async () => {
  const runs = [randomUUID(), randomUUID(), randomUUID()]
  const other = await openStore({ url: database.url, connections: 4 })
  const batches = Array.from({ length: 60 }, (_, batch) => {
    const store = batch % 2 === 0 ? database.store : other
    const order = batch % 3 === 0 ? runs : runs.toReversed()
    const lines = order.flatMap((run) => [line(run), line(run)])
    return store.write(async (transaction) => {
      await appendLogs(transaction, lines)
      if (batch % 10 === 9) throw new Error('rolled back')
    })
  })
  await Promise.allSettled(batches)
  await other.close()
  for (const run of runs) {
    const rows = await database.store.db
      .selectFrom('log')
      .select('sequence')
      .where('flow_run_id', '=', run)
      .orderBy('sequence')
      .execute()
    expect(rows.map((row) => row.sequence)).toEqual(Array.from({ length: 108 }, (_, index) => index + 1))
  }
})

test('units that append at once are all stored, each in its order, and the one that cannot be stored fails alone', async () => {
  const [run, other] = [randomUUID(), randomUUID()]
  const append = (lines: NewLogLine[]) =>
    database.store.write((transaction) => appendLogs(transaction, lines), { bytes: 1000, tentative: true })
  const unstorable = { ...line(run), level: null as unknown as number }
  const units = Array.from({ length: 120 }, (_, unit) =>
    append([line(run, `${unit} a`), ...(unit === 50 ? [unstorable] : []), line(null), line(other), line(run, `${unit} b`)]),
  )
  const outcomes = await Promise.allSettled(units)
  expect(outcomes.flatMap(({ status }, unit) => (status === 'rejected' ? [unit] : []))).toEqual([50])
  const rows = await database.store.db.selectFrom('log').selectAll().where('flow_run_id', '=', run).orderBy('sequence').execute()
  expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 119 * 2 }, (_, index) => index + 1))
  for (let first = 0; first < rows.length; first += 2) {
    const unit = Number.parseInt(rows[first]!.message, 10)
    expect([rows[first]!.message, rows[first + 1]!.message]).toEqual([`${unit} a`, `${unit} b`])
  }
  const stored = await database.store.db.selectFrom('log').select(['flow_run_id', 'sequence']).execute()
  expect(stored.filter(({ flow_run_id }) => flow_run_id === null).map(({ sequence }) => sequence)).toEqual(Array(119).fill(0))
  expect(Math.max(...stored.filter(({ flow_run_id }) => flow_run_id === other).map(({ sequence }) => sequence))).toBe(119)
})

test('two servers whose batches share runs leave no gap and no place twice', async () => {
  const runs = [randomUUID(), randomUUID(), randomUUID()]
  const second = await openStore({ url: database.url, connections: 4 })
  const batches = Array.from({ length: 200 }, (_, batch) => {
    const lines = (batch % 3 === 0 ? runs : runs.toReversed()).flatMap((run) => [line(run), line(run)])
    const store = batch % 2 === 0 ? database.store : second
    return store.write((transaction) => appendLogs(transaction, lines), { tentative: true })
  })
  await Promise.all(batches).finally(() => second.close())
  for (const run of runs) {
    const rows = await database.store.db.selectFrom('log').select('sequence').where('flow_run_id', '=', run).execute()
    expect(rows.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
  }
})

test('lines keep their order within a batch, and text that a database cannot hold is made storable', async () => {
  const run = randomUUID()
  const messages = ['first', 'a\0b', 'half \uD83D', '“😀”\n{"a": 1}', '']
  await database.store.write((transaction) =>
    appendLogs(transaction, [...messages.map((message) => line(run, message)), line(null)]),
  )
  const rows = await database.store.db.selectFrom('log').selectAll().where('flow_run_id', '=', run).orderBy('sequence').execute()
  expect(rows.map((row) => row.message)).toEqual(['first', 'a\uFFFDb', 'half \uFFFD', '“😀”\n{"a": 1}', ''])
  const [lone] = await database.store.db.selectFrom('log').selectAll().where('flow_run_id', 'is', null).execute()
  expect(lone).toMatchObject({ sequence: 0, level: 20, timestamp: 1_700_000_000_000_000 })
})

test('an event that is sent twice is stored once, with every key of its JSON as it came', async () => {
  const event: EventTable = {
    id: randomUUID(),
    occurred: 1_700_000_000_000_001,
    event: 'prefect.flow-run.Running',
    resource_id: 'prefect.flow-run.1',
    resource: '{"z": 1,  "a": 2}',
    related: '[]',
    payload: '{"b":1.0,"a":[]}',
    received: 1_700_000_000_000_002,
    follows: null,
  }
  const resource = { event_id: event.id, occurred: event.occurred, resource_id: 'x', resource_role: '', resource: '{}' }
  const append = () => database.store.write((transaction) => appendEvents(transaction, [event], [resource]))
  const fresh = await Promise.all([append(), append(), append()])
  expect(fresh.map((ids) => ids.size).sort()).toEqual([0, 0, 1])
  expect(await database.store.db.selectFrom('event').selectAll().execute()).toEqual([event])
  expect(await database.store.db.selectFrom('event_resource').selectAll().execute()).toEqual([resource])
})

test('any number of rows can be inserted at once', async () => {
  const rows = Array.from({ length: 12_000 }, (_, index) => ({ key: `k${index}`, value: '1', updated: index }))
  const columns = { key: 'text', value: 'json', updated: 'bigint' } as const
  await database.store.write((transaction) => insertRows(transaction, 'configuration', columns, rows))
  await database.store.write((transaction) =>
    insertRows(transaction, 'configuration', columns, rows.slice(0, 3), 'on conflict do nothing'),
  )
  const count = database.store.db.selectFrom('configuration').select(({ fn }) => fn.countAll<number>().as('count'))
  expect(await count.executeTakeFirst()).toEqual({ count: 12_000 })
})
