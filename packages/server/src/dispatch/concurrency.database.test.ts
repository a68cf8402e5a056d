import { randomUUID } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConcurrencyLimitTable } from '../store/tables.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { decrementSlots, incrementSlots } from './concurrency.ts'
import { createLease, readLease, releaseLease, renewLease } from './leases.ts'

let testing: TestWorkspace
beforeEach(async () => {
  testing = await openTestWorkspace()
})
afterEach(() => testing.close())

async function insertLimit(columns: Partial<ConcurrencyLimitTable> = {}): Promise<string> {
  const now = nowMicroseconds()
  const id = randomUUID()
  const row: ConcurrencyLimitTable = {
    id,
    created: now,
    updated: now,
    active: 1,
    name: id,
    limit: 2,
    active_slots: 0,
    denied_slots: 0,
    slot_decay_per_second: 0,
    avg_slot_occupancy_seconds: 2,
    ...columns,
  }
  await testing.workspace.store.write(({ db }) => db.insertInto('concurrency_limit').values(row).execute())
  return id
}

const read = (id: string) =>
  testing.workspace.store.db.selectFrom('concurrency_limit').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const increment = (ids: string[], slots: number) => testing.workspace.store.write((t) => incrementSlots(t, ids, slots))
const decrement = (ids: string[], slots: number, seconds?: number) =>
  testing.workspace.store.write((t) => decrementSlots(t, ids, slots, seconds))

test('slots of several limits are taken together or not at all', async () => {
  const wide = await insertLimit({ limit: 5 })
  const narrow = await insertLimit({ limit: 1 })
  expect(await increment([wide, narrow], 1)).toBe(true)
  expect(await increment([wide, narrow], 1)).toBe(false)
  expect((await read(wide)).active_slots).toBe(1)
  expect((await read(narrow)).active_slots).toBe(1)
})

test('of many increments at once exactly as many succeed as there are slots', async () => {
  const a = await insertLimit({ limit: 3 })
  const b = await insertLimit({ limit: 4 })
  const taken = await Promise.all(Array.from({ length: 10 }, (_, index) => increment(index % 2 ? [a, b] : [b, a], 1)))
  expect(taken.filter(Boolean)).toHaveLength(3)
  expect((await read(b)).active_slots).toBe(3)
})

test('slots decay with the time since the last change, never below zero', async () => {
  const ago = nowMicroseconds() - 10_500_000
  const id = await insertLimit({ limit: 10, active_slots: 10, slot_decay_per_second: 0.5, updated: ago })
  expect(await increment([id], 6)).toBe(false)
  expect(await increment([id], 5)).toBe(true)
  expect((await read(id)).active_slots).toBe(10)
})

test('giving back clamps at zero, and moves the average occupancy', async () => {
  const id = await insertLimit({ limit: 2, active_slots: 1 })
  await decrement([id], 3, 30)
  const limit = await read(id)
  expect(limit.active_slots).toBe(0)
  expect(limit.avg_slot_occupancy_seconds).toBeCloseTo(2 + (10 - 2) / 4)
})

test('an inactive limit is not taken from', async () => {
  const id = await insertLimit({ active: 0 })
  expect(await increment([id], 1)).toBe(false)
  expect((await read(id)).active_slots).toBe(0)
})

test('a lease gives its slots back once', async () => {
  const { store } = testing.workspace
  const id = await insertLimit({ active_slots: 2 })
  const lease = await store.write((t) =>
    createLease(t, { limitIds: [id], slots: 2, seconds: 60, holder: { type: 'x', id: 'y' } }),
  )
  expect(await store.write((t) => renewLease(t, lease.id, 60))).toBe(true)
  expect(await store.write((t) => readLease(t, lease.id))).toMatchObject({ slots: 2, holder: { type: 'x', id: 'y' } })
  expect(await store.write((t) => releaseLease(t, lease.id))).toBe(true)
  expect(await store.write((t) => releaseLease(t, lease.id))).toBe(false)
  expect((await read(id)).active_slots).toBe(0)
  expect(await store.write((t) => renewLease(t, lease.id, 60))).toBe(false)
})
