import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import BetterSqlite3 from 'better-sqlite3'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../open.ts'
import type { Store } from '../store.ts'
import { toBulkFile } from './files.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-trouble-'))
  file = join(folder, 'aedile.db')
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true, force: true })
})

function insertFlow(store: Store, name: string, tags = '[]') {
  return store.write(({ db }) =>
    db.insertInto('flow').values({ id: randomUUID(), created: 1, updated: 1, name, tags, labels: '{}' }).execute(),
  )
}

async function flowNames(store: Store): Promise<string[]> {
  return (await store.db.selectFrom('flow').select('name').orderBy('name').execute()).map((row) => row.name)
}

test('a full database refuses what does not fit with a sentence, keeps the rest, and goes on when there is room', async () => {
  const store = await openStore({ url: file, upgrade: true })
  await store.write(async ({ db }) => {
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db)
    await sql`pragma main.max_page_count = ${sql.raw(String(rows[0]!.page_count + 2))}`.execute(db)
  })
  const results = await Promise.allSettled([
    insertFlow(store, 'small'),
    insertFlow(store, 'large', JSON.stringify(['x'.repeat(1_000_000)])),
    insertFlow(store, 'small too'),
  ])
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(results[1]).toMatchObject({ reason: { code: 'database_full', status: 507 } })
  expect(await flowNames(store)).toEqual(['small', 'small too'])
  await store.write(({ db }) => sql`pragma main.max_page_count = 1000000`.execute(db))
  await insertFlow(store, 'large', JSON.stringify(['x'.repeat(1_000_000)]))
  expect(await flowNames(store)).toEqual(['large', 'small', 'small too'])
  await store.close()
})

test('a file that is no database, and a database of something else, are refused and left alone', async () => {
  writeFileSync(file, 'Dear diary, '.repeat(200))
  const before = statSync(file).mtimeMs
  await expect(openStore({ url: file, upgrade: true })).rejects.toMatchObject({ code: 'database_foreign' })
  expect(statSync(file).mtimeMs).toBe(before)
  const other = join(folder, 'other.db')
  new BetterSqlite3(other).exec('create table alembic_version (version text)').close()
  const refused = await openStore({ url: other, upgrade: true }).catch((error) => error)
  expect(refused).toMatchObject({ code: 'database_foreign' })
  expect(refused.message).toContain('alembic_version')
})

test.each(['aedile.db', 'aedile-bulk.db'])('a damaged %s is named as damaged', async (name) => {
  await (await openStore({ url: file, upgrade: true })).close()
  const handle = openSync(join(folder, name), 'r+')
  for (let page = 1; page < 8; page++) writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096)
  const failure = await openAndWork().catch((error) => error)
  expect(failure).toMatchObject({ code: 'database_corrupt' })
  expect(failure.message).toContain('restore a backup')

  async function openAndWork(): Promise<void> {
    const store = await openStore({ url: file, upgrade: true })
    try {
      for (const table of ['flow', 'work_pool', 'log', 'event'] as const) await store.db.selectFrom(table).selectAll().execute()
      await insertFlow(store, 'x')
    } finally {
      await store.close()
    }
  }
})

test('a file that another process holds is refused after the wait, and can be opened when it is free', async () => {
  await (await openStore({ url: file, upgrade: true })).close()
  const holder = new BetterSqlite3(file)
  holder.pragma('locking_mode = exclusive')
  holder.exec('begin exclusive')
  const refused = await openStore({ url: file, upgrade: true, lockedMilliseconds: 60 }).catch((error) => error)
  expect(refused).toMatchObject({ code: 'database_locked', retryable: true })
  holder.close()
  await (await openStore({ url: file, upgrade: true })).close()
})

test('a write that another process keeps from its lock is told that the server is busy, and reads go on', async () => {
  const store = await openStore({ url: file, upgrade: true, lockedMilliseconds: 60 })
  const holder = new BetterSqlite3(file)
  holder.exec('begin immediate')
  await expect(insertFlow(store, 'a')).rejects.toMatchObject({ code: 'server_busy', status: 503 })
  expect(await flowNames(store)).toEqual([])
  holder.exec('rollback')
  await insertFlow(store, 'b')
  expect(await flowNames(store)).toEqual(['b'])
  holder.close()
  await store.close()
})

test('a unit that awaits something else than its statements is given up, and does not stop the others', async () => {
  const store = await openStore({ url: file, upgrade: true })
  const nested = store.write(async () => insertFlow(store, 'inner'))
  const next = insertFlow(store, 'next')
  await expect(nested).rejects.toThrow('await nothing but its own statements')
  await next
  await store.close()
  const again = await openStore({ url: file })
  expect(await flowNames(again)).toEqual(['inner', 'next'])
  await again.close()
})

test('the units of one tick share a commit', async () => {
  const store = await openStore({ url: file, upgrade: true })
  const seen: string[] = []
  const unit = (name: string) =>
    store.write(async ({ db, afterCommit }) => {
      const { rows } = await sql<{ count: number }>`select count(*) as count from flow`.execute(db)
      seen.push(`${name} sees ${rows[0]!.count}`)
      await db.insertInto('flow').values({ id: randomUUID(), created: 1, updated: 1, name, tags: '[]', labels: '{}' }).execute()
      afterCommit(() => seen.push(`${name} committed`))
    })
  await Promise.all([unit('a'), unit('b'), unit('c')])
  expect(seen).toEqual(['a sees 0', 'b sees 1', 'c sees 2', 'a committed', 'b committed', 'c committed'])
  await store.close()
})

test('files are made for their owner only, with what cannot be changed later', async () => {
  const store = await openStore({ url: `sqlite://${file}`, upgrade: true })
  await store.close()
  for (const path of [file, toBulkFile(file)]) {
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const database = new BetterSqlite3(path)
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.pragma('auto_vacuum', { simple: true })).toBe(2)
    const lax = database
      .prepare("select name from pragma_table_list where schema = 'main' and strict = 0 and name not like 'sqlite_%'")
      .all()
    expect(lax).toEqual([])
    database.close()
  }
})

test('a lost second file is made anew, and the rest is as it was', async () => {
  const store = await openStore({ url: file, upgrade: true })
  await insertFlow(store, 'kept')
  await store.close()
  rmSync(toBulkFile(file))
  const again = await openStore({ url: file, upgrade: true })
  expect(await flowNames(again)).toEqual(['kept'])
  expect(await again.db.selectFrom('log').selectAll().execute()).toEqual([])
  await again.close()
})

test.each(['aedile.db', 'aedile-bulk.db'])('%s that may not be written is refused with a sentence', async (name) => {
  await (await openStore({ url: file, upgrade: true })).close()
  chmodSync(folder, 0o755)
  for (const path of [file, toBulkFile(file)]) chmodSync(path, 0o666)
  chmodSync(join(folder, name), 0o444)
  expect(await openAsNobody()).toEqual({ code: 'database_readonly', message: expect.stringContaining('permissions') })
})

/** Root may write everything, so as root the attempt is made as another user. */
async function openAsNobody(): Promise<unknown> {
  const script = fileURLToPath(new URL('../fixtures/open-and-report.ts', import.meta.url))
  const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const command = ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', script, file]
  const { stdout } = await promisify(execFile)(process.execPath, command, identity)
  return JSON.parse(stdout)
}

test('a folder in place of the file is named as such', async () => {
  await expect(openStore({ url: folder, upgrade: true })).rejects.toThrow(`${folder} is not a database of Aedile: it is a folder`)
})

test('a file that another process has locked is named as locked when it is opened, not when it is first written', async () => {
  await (await openStore({ url: file, upgrade: true })).close()
  const other = new BetterSqlite3(file)
  other.exec('begin immediate')
  const refused = await openStore({ url: file, upgrade: true, lockedMilliseconds: 50 }).catch((error) => error)
  other.close()
  expect(refused).toMatchObject({ code: 'database_locked' })
  await (await openStore({ url: file, upgrade: true })).close()
})

test.each(['mysql://root@host/name', 'sqlite::memory:', 'sqlite+aiosqlite:///:memory:'])(
  '%s is refused, and leaves no file of that name',
  async (url) => {
    const refused = await openStore({ url, upgrade: true }).catch((error) => error)
    expect(refused).toMatchObject({ code: 'database_url_invalid' })
    expect(refused.message).not.toContain('root')
  },
)
