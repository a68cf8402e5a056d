import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../testing/databases.ts'

let database: TestStore
const children = new Set<ChildProcess>()
beforeEach(async () => {
  database = await openTestStore()
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await database.close()
})

function start(name: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
  const command = ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', file, database.url, ...args]
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  return child
}

test.each([40, 200, 700])('kill -9 loses nothing that was acknowledged (after %i answers)', async (answers) => {
  const child = start('write-until-killed.ts')
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === answers) child.kill('SIGKILL')
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(answers)
  const rows = await database.store.db.selectFrom('flow').select('name').execute()
  const stored = new Set(rows.map((row) => row.name))
  expect(acknowledged.filter((name) => !stored.has(name))).toEqual([])
})

test('two processes that read and write the same row lose no update', async () => {
  await database.store.write(({ db }) =>
    db.insertInto('configuration').values({ key: 'count', value: '0', updated: 1 }).execute(),
  )
  const exits = await Promise.all([1, 2].map(() => once(start('count-up.ts', '150'), 'exit')))
  expect(exits.map(([code]) => code)).toEqual([0, 0])
  const row = await database.store.db.selectFrom('configuration').select('value').where('key', '=', 'count').executeTakeFirst()
  expect(row?.value).toBe('300')
})
