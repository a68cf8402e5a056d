import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'

export type DatabaseKind = 'sqlite' | 'postgres'

/** The databases that stories run on: SQLite, and Postgres when AEDILE_TEST_POSTGRES_URL names one. */
export const databaseKinds: DatabaseKind[] = process.env.AEDILE_TEST_POSTGRES_URL ? ['sqlite', 'postgres'] : ['sqlite']

/** A server's database, as somebody from outside sees it. */
export type SystemDatabase = {
  readonly url: string
  /** Rows of a query that reads. The same text for both kinds. */
  read<Row = Record<string, unknown>>(query: string): Promise<Row[]>
  remove(): Promise<void>
}

/** Makes a database for one system. An SQLite one lies in the system's home and goes with it. */
export async function createDatabase(kind: DatabaseKind, home: string): Promise<SystemDatabase> {
  return kind === 'sqlite'
    ? sqliteDatabase(join(home, 'aedile.db'))
    : postgresDatabase(`aedile_story_${randomUUID().slice(0, 8)}`)
}

function sqliteDatabase(path: string): SystemDatabase {
  return {
    url: `sqlite://${path}`,
    read: async <Row>(query: string) => {
      const database = new Database(path, { readonly: true })
      try {
        return database.prepare(query).all() as Row[]
      } finally {
        database.close()
      }
    },
    remove: async () => {},
  }
}

async function postgresDatabase(name: string): Promise<SystemDatabase> {
  const root = process.env.AEDILE_TEST_POSTGRES_URL!
  await withClient(root, (client) => client.query(`create database ${name}`))
  const url = new URL(root)
  url.pathname = `/${name}`
  return {
    url: url.href,
    read: <Row>(query: string) => withClient(url.href, async (client) => (await client.query(query)).rows as Row[]),
    remove: () => withClient(root, async (client) => void (await client.query(`drop database if exists ${name} with (force)`))),
  }
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
