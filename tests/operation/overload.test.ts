import Database from 'better-sqlite3'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { type DatabaseKind, databaseKinds, type SystemDatabase } from '../support/databases.ts'
import { type System, startSystem } from '../support/system.ts'

let system: System
afterEach(() => system?.close())

/** Keeps everybody else from writing, as a backup or a stuck transaction would. Answers what lets go. */
async function blockWrites(kind: DatabaseKind, database: SystemDatabase): Promise<() => Promise<void>> {
  if (kind === 'sqlite') {
    const other = new Database(database.url.replace('sqlite://', ''))
    other.exec('begin immediate')
    return async () => void other.close()
  }
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  await other.query('begin')
  await other.query('lock table flow in share mode')
  return () => other.end()
}

describe.each(databaseKinds)('when more waits for the commit than may, on %s', (kind) => {
  it('the rest is answered 503 with Retry-After, reads go on, and what was accepted is there', async () => {
    system = await startSystem(kind, { AEDILE_SERVER_MAX_PENDING_BYTES: '300000' })
    const tags = ['x'.repeat(90_000)]
    const letGo = await blockWrites(kind, system.database)
    const names = Array.from({ length: 10 }, (_, at) => `flow-${at}`)
    const answers = names.map((name) => post('/flows/', { name, tags }).then((answer) => ({ name, answer })))
    const first = await Promise.race(answers)
    expect(first.answer.status).toBe(503)
    expect(first.answer.headers.get('retry-after')).toBe('1')
    expect(await first.answer.json()).toMatchObject({
      exception_message: 'Service Unavailable',
      request_id: first.answer.headers.get('x-request-id'),
    })
    expect(await (await post('/flows/filter', {})).json()).toEqual([])

    await letGo()
    const all = await Promise.all(answers)
    const accepted = all.filter(({ answer }) => answer.status === 201).map(({ name }) => name)
    expect(all.filter(({ answer }) => answer.status === 503)).toHaveLength(7)
    expect(accepted).toHaveLength(3)
    const stored = (await (await post('/flows/filter', {})).json()) as { name: string }[]
    expect(stored.map(({ name }) => name).sort()).toEqual(accepted.sort())
    expect((await post('/flows/', { name: first.name, tags })).status).toBe(201)
  })

  const post = (path: string, body: unknown) =>
    fetch(`${system.url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
})
