import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { insertRows } from '../insert-rows.ts'
import { openStore } from '../open.ts'
import { dropOldEvents, dropOldLogs } from '../retention.ts'
import type { Store } from '../store.ts'

let folder: string
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-statements-'))
  store = await openStore({ url: `sqlite:${join(folder, 'aedile.db')}`, upgrade: true })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Each prepared statement keeps memory until many others have come, so what a server does for days must have few texts. */
test('retention, and rows in groups of any size, prepare nothing anew', async () => {
  const columns = { principal: 'text', action: 'text', resource: 'text', request_id: 'text', created: 'bigint' } as const
  const row = { principal: 'p', action: 'a', resource: 'r', request_id: 'i', created: 1 }
  const pass = async (size: number) => {
    await dropOldLogs(store, 1_700_000_000_000_000 + size, { chunk: 10 })
    await dropOldEvents(store, 1_700_000_000_000_000 + size, { chunk: 10 })
    await store.write((transaction) => insertRows(transaction, 'audit', columns, Array(size).fill(row)))
    const ids = Array.from({ length: size }, (_, index) => index)
    await store.write(({ db }) => db.deleteFrom('audit').where('sequence', 'in', ids).execute())
  }
  await pass(85)
  const prepare = vi.spyOn(BetterSqlite3.prototype, 'prepare')
  for (const size of [20, 64, 85, 97, 200, 333]) await pass(size)
  expect(prepare.mock.calls.map(([sql]) => sql)).toEqual([])
  await pass(3)
  expect(prepare.mock.calls).toHaveLength(1)
})
