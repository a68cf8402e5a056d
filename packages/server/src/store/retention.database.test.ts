import { randomUUID } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../testing/databases.ts'
import { appendEvents } from './append-events.ts'
import { appendLogs } from './append-logs.ts'
import { dropOldEvents, dropOldLogs, incrementalVacuum, preparePartitions } from './retention.ts'

const DAY = 86_400_000_000
const now = nowMicroseconds()
const run = randomUUID()

let database: TestStore
beforeEach(async () => {
  database = await openTestStore()
})
afterEach(() => database.close())

/** One line and one event at each of some days from now. */
async function writeAt(days: number[]): Promise<void> {
  await database.store.write(async (transaction) => {
    const times = days.map((day) => Math.round(now + day * DAY))
    const line = { created: now, name: 'root', level: 20, message: 'm', flow_run_id: run, task_run_id: null }
    await appendLogs(
      transaction,
      times.map((timestamp) => ({ ...line, id: randomUUID(), timestamp })),
    )
    const event = { event: 'e', resource_id: 'r', resource: '{}', related: '[]', payload: '{}', received: now, follows: null }
    const events = times.map((occurred) => ({ ...event, id: randomUUID(), occurred }))
    const resources = events.map(({ id, occurred }) => ({
      event_id: id,
      occurred,
      resource_id: 'r',
      resource_role: '',
      resource: '{}',
    }))
    await appendEvents(transaction, events, resources)
  })
}

async function daysOf(table: 'log' | 'event' | 'event_resource'): Promise<number[]> {
  const column = sql.ref<number>(table === 'log' ? 'timestamp' : 'occurred')
  const rows = await database.store.db.selectFrom(table).select(column.as('time')).orderBy('time').execute()
  return rows.map((row) => Math.round(((row.time as number) - now) / DAY))
}

test('what is older than asked goes, in small chunks and with whole days, and the rest stays', async () => {
  const { store } = database
  // The services ran three weeks ago, so that some of these days have a partition and some have not.
  await preparePartitions(store, now - 21 * DAY)
  const days = [-30, -30, -30, -21, -20, -12, -11, -2, 0, 1]
  await writeAt(days)
  const dropped = await dropOldLogs(store, now - 10.5 * DAY, { chunk: 2 })
  expect(await daysOf('log')).toEqual([-2, 0, 1])
  expect(dropped.partitions > 0).toBe(store.kind === 'postgres')
  expect(await daysOf('event')).toEqual(days)
  await dropOldEvents(store, now - 10.5 * DAY, { chunk: 2 })
  expect(await daysOf('event')).toEqual([-2, 0, 1])
  expect(await daysOf('event_resource')).toEqual([-2, 0, 1])
})

test('rows that came before their day was made ready are found in it after', async () => {
  await writeAt([9, 10, 40])
  await preparePartitions(database.store, now + 9 * DAY)
  await preparePartitions(database.store, now + 9 * DAY)
  await writeAt([9, 11])
  expect(await daysOf('log')).toEqual([9, 9, 10, 11, 40])
  expect(await daysOf('event')).toEqual([9, 9, 10, 11, 40])
  const places = await database.store.db.selectFrom('log').select('sequence').orderBy('sequence').execute()
  expect(places.map((row) => row.sequence)).toEqual([1, 2, 3, 4, 5])
})

test('a pass that is told to stop stops', async () => {
  await writeAt([-30])
  await expect(dropOldLogs(database.store, now, { signal: AbortSignal.abort() })).rejects.toThrow('abort')
  expect(await daysOf('log')).toEqual([-30])
})

test('the counter of a run survives its lines, so that no place is given twice', async () => {
  await writeAt([-30, -30])
  await dropOldLogs(database.store, now)
  await writeAt([0])
  expect(await database.store.db.selectFrom('log').select('sequence').execute()).toEqual([{ sequence: 3 }])
})

test('room that was freed can be given back', async () => {
  const { store } = database
  await writeAt(Array.from({ length: 3000 }, () => -30))
  await dropOldLogs(store, now)
  const before = await freePages()
  await incrementalVacuum(store, 10)
  await incrementalVacuum(store, 100_000)
  expect(await freePages()).toBeLessThanOrEqual(store.kind === 'sqlite' ? 0 : before)
  expect(store.kind === 'postgres' || before > 10).toBe(true)

  async function freePages(): Promise<number> {
    if (store.kind === 'postgres') return 0
    const { rows } = await sql<{ freelist_count: number }>`pragma bulk.freelist_count`.execute(store.db)
    return rows[0]!.freelist_count
  }
})
