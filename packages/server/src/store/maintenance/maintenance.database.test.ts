import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEmptyDatabase, openTestStore, type TestStore, testedKind } from '../../testing/databases.ts'
import { appendLogs } from '../append-logs.ts'
import { SCHEMA_VERSION } from '../migrations/index.ts'
import { openStore } from '../open.ts'
import { backupDatabase } from './backup-database.ts'
import { checkDatabase } from './check-database.ts'
import { resetDatabase } from './reset-database.ts'
import { upgradeDatabase } from './upgrade-database.ts'

let database: TestStore
let folder: string
beforeEach(async () => {
  database = await openTestStore()
  folder = await mkdtemp(join(tmpdir(), 'aedile-backup-'))
})
afterEach(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

/** A flow run's lines and a flow, in one unit: on SQLite they stand in two files. */
function writePair(name: string): Promise<unknown> {
  return database.store.write(async (transaction) => {
    await transaction.db
      .insertInto('flow')
      .values({ id: randomUUID(), created: 1, updated: 1, name, tags: '[]', labels: '{}' })
      .execute()
    const line = { id: randomUUID(), created: 1, name, level: 20, message: 'm'.repeat(2000), timestamp: 1 }
    await appendLogs(transaction, [{ ...line, flow_run_id: null, task_run_id: null }])
  })
}

test('a backup that is made while units are written is sound, and agrees in all its parts', async () => {
  for (let count = 0; count < 300; count++) await writePair(`before ${count}`)
  const target = join(folder, 'backup.db')
  let running = true
  const writing = (async () => {
    for (let count = 0; running; count++) await writePair(`during ${count}`)
  })()
  const { files } = await backupDatabase(database.url, target)
  running = false
  await writing
  for (const file of files) expect((await stat(file)).mode & 0o077).toBe(0)
  const restored = await restore(target)
  const store = await openStore({ url: restored.url })
  try {
    const flows = (await store.db.selectFrom('flow').select('name').orderBy('name').execute()).map((row) => row.name)
    const lines = (await store.db.selectFrom('log').select('name').orderBy('name').execute()).map((row) => row.name)
    expect(flows.length).toBeGreaterThanOrEqual(300)
    expect(lines).toEqual(flows)
    expect((await checkDatabase(restored.url)).ok).toBe(true)
  } finally {
    await store.close()
    await restored.remove()
  }
})

async function restore(file: string): Promise<{ url: string; remove(): Promise<void> }> {
  if (testedKind === 'sqlite') return { url: file, remove: async () => undefined }
  const empty = await createEmptyDatabase()
  await promisify(execFile)('pg_restore', ['--no-owner', `--dbname=${empty.url}`, file])
  return empty
}

test('a backup never overwrites a file', async () => {
  const target = join(folder, 'backup.db')
  await backupDatabase(database.url, target)
  await expect(backupDatabase(database.url, target)).rejects.toMatchObject({ code: 'backup_refused' })
})

test('a sound database is called sound, one with rows that refer to nothing is not', async () => {
  const sound = await checkDatabase(database.url)
  expect(sound.findings.filter((finding) => !finding.ok)).toEqual([])
  const lost = { event_id: randomUUID(), occurred: 1, resource_id: 'r', resource_role: '', resource: '{}' }
  await database.store.write(({ db }) => db.insertInto('event_resource').values(lost).execute())
  const report = await checkDatabase(database.url)
  expect(report.ok).toBe(false)
  expect(report.findings.filter((finding) => !finding.ok)).toEqual([
    { check: 'resources of events that are missing', ok: false, detail: '1' },
  ])
})

test('upgrading makes the schema once, and a second time changes nothing', async () => {
  const empty = await createEmptyDatabase()
  try {
    expect(await upgradeDatabase(empty.url)).toMatchObject({ from: 0, to: SCHEMA_VERSION })
    expect(await upgradeDatabase(empty.url)).toMatchObject({ from: SCHEMA_VERSION, to: SCHEMA_VERSION })
  } finally {
    await empty.remove()
  }
})

test('a reset leaves an empty database of the present schema', async () => {
  await writePair('gone')
  await database.store.close()
  expect(await resetDatabase(database.url)).toMatchObject({ version: SCHEMA_VERSION })
  const store = await openStore({ url: database.url })
  expect(await store.db.selectFrom('flow').selectAll().execute()).toEqual([])
  expect(await store.db.selectFrom('log').selectAll().execute()).toEqual([])
  await store.close()
})
