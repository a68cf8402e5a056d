import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type OpenStoreOptions, openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'

/** A database of a test's own; `close` removes it. */
export type TestStore = { store: Store; url: string; close(): Promise<void> }
export type TestDatabase = { url: string; remove(): Promise<void> }

const TEMPLATE_PREFIX = 'aedile_template_'
const TEMPLATE_LOCK = 0x41454454

/** The database that this run of the tests is for: AEDILE_TEST_DATABASE, `sqlite` when it is not set. */
export const testedKind: 'sqlite' | 'postgres' = process.env.AEDILE_TEST_DATABASE === 'postgres' ? 'postgres' : 'sqlite'

/** Opens a store on a fresh and upgraded database. */
export async function openTestStore(options: Omit<OpenStoreOptions, 'url'> = {}): Promise<TestStore> {
  const database = testedKind === 'sqlite' ? await createEmptyDatabase() : await cloneTemplate()
  const store = await openStore({ connections: 5, searchConnections: 2, ...options, url: database.url, upgrade: true })
  const close = async () => {
    await store.close()
    await database.remove()
  }
  return { store, url: database.url, close }
}

/** Makes a database without any table. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  if (testedKind === 'postgres') return createPostgresDatabase(`aedile_test_${randomUUID().replaceAll('-', '')}`)
  const folder = await mkdtemp(join(tmpdir(), 'aedile-test-'))
  return { url: `sqlite://${join(folder, 'aedile.db')}`, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** On Postgres the schema is made once per process, and every test gets a copy of it. */
let template: Promise<string> | undefined

async function cloneTemplate(): Promise<TestDatabase> {
  template ??= makeTemplate()
  return createPostgresDatabase(`aedile_test_${randomUUID().replaceAll('-', '')}`, await template)
}

/** The template is shared by the processes of a run and by later runs; its name tells the schema that it was made from. */
async function makeTemplate(): Promise<string> {
  const name = `${TEMPLATE_PREFIX}${await hashMigrations()}`
  await administer(async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database where datname ^@ $1', [
      TEMPLATE_PREFIX,
    ])
    if (rows.some((row) => row.datname === name)) return
    for (const { datname } of rows) await client.query(`drop database if exists ${datname}`)
    // Made under another name: an interrupted run leaves no half template.
    const draft = await createPostgresDatabase(`${TEMPLATE_PREFIX}draft`)
    const store = await openStore({ url: draft.url, upgrade: true })
    await store.close()
    await client.query(`alter database ${TEMPLATE_PREFIX}draft rename to ${name}`)
  })
  return name
}

async function hashMigrations(): Promise<string> {
  const folder = fileURLToPath(new URL('../store/migrations/', import.meta.url))
  const hash = createHash('sha1')
  for (const file of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, file)))
  return hash.digest('hex').slice(0, 16)
}

async function createPostgresDatabase(name: string, from?: string): Promise<TestDatabase> {
  await administer((client) => client.query(`create database ${name} ${from ? `template ${from}` : ''}`))
  const url = new URL(postgresUrl())
  url.pathname = `/${name}`
  return { url: url.href, remove: () => administer((client) => client.query(`drop database if exists ${name} with (force)`)) }
}

async function administer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl() })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function postgresUrl(): string {
  const url = process.env.AEDILE_TEST_POSTGRES_URL
  if (!url) throw new Error('AEDILE_TEST_POSTGRES_URL must name a Postgres where databases can be made.')
  return url
}
