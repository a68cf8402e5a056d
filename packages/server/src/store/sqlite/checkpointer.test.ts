import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../open.ts'
import type { Store } from '../store.ts'

let folder: string
let file: string
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-checkpoint-'))
  file = join(folder, 'aedile.db')
  store = await openStore({ url: `sqlite:${file}`, upgrade: true })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

test('under load the journal is moved into the file beside the commits, begins anew, and nothing of it is lost', async () => {
  const before = statSync(file).size
  let longest = 0
  let longestUnmoved = 0
  let hasMoved = false
  for (let number = 0; number < WRITES; number++) {
    await write(number)
    longest = Math.max(longest, statSync(`${file}-wal`).size)
    hasMoved ||= statSync(file).size > before + 10 * ROW_BYTES
    if (!hasMoved) longestUnmoved = longest
  }
  // Commits alone would have moved it at 1,000 pages, and once the thread runs at 32,000; nobody at all never begins anew.
  expect(longest).toBeGreaterThan(2000 * PAGE_BYTES)
  expect(hasMoved).toBe(true)
  expect(longestUnmoved).toBeLessThan(31_000 * PAGE_BYTES)
  expect(longest).toBeLessThan((WRITES * ROW_BYTES) / 2)
  await store.close()
  const database = new BetterSqlite3(file, { readonly: true })
  expect(database.prepare('select count(*) as count from variable').get()).toEqual({ count: WRITES })
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  database.close()
})

const PAGE_BYTES = 4096
const ROW_BYTES = 20_000
const WRITES = 20_000

function write(number: number): Promise<void> {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return store.write(async ({ db }) => {
    const value = JSON.stringify('x'.repeat(ROW_BYTES))
    await db.insertInto('variable').values({ id, created: 1, updated: 1, name: id, value, tags: '[]' }).execute()
  })
}
