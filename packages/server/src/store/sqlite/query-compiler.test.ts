import BetterSqlite3 from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { buildKysely, provideSame } from '../kysely.ts'
import { SqliteConnection } from './connection.ts'

describe('equalities on SQLite', () => {
  const database = new BetterSqlite3(':memory:')
  const db = buildKysely('sqlite', provideSame(new SqliteConnection(database)))

  test('hide their values from the planner, built and raw ones alike', () => {
    const built = db.selectFrom('flow').select('id').where('id', '=', 'a').where('name', 'in', ['b']).limit(1)
    expect(built.compile().sql).toBe('select "id" from "flow" where "id" = +? and "name" in (?) limit ?')
    expect(sql`select 1 where ${1} = ${1} and 'a' glob ${'b'}`.compile(db).sql).toBe("select 1 where ? = +? and 'a' glob ?")
  })

  test('still find rows by an index, whatever the type of the value', async () => {
    database.exec(
      'create table flow (id text primary key, created integer, name text) strict; create index by_time on flow (created)',
    )
    await db
      .insertInto('flow')
      .values({ id: 'a', created: 2 ** 40, name: 'n' } as never)
      .execute()
    const byTime = db
      .selectFrom('flow')
      .select('id')
      .where('created', '=', 2 ** 40)
    expect(await byTime.execute()).toEqual([{ id: 'a' }])
    expect(await db.selectFrom('flow').select('name').where('id', '=', 'a').execute()).toEqual([{ name: 'n' }])
    const plan = database.prepare(`explain query plan ${byTime.compile().sql}`).all(1) as { detail: string }[]
    expect(plan[0]!.detail).toMatch(/^SEARCH flow USING INDEX by_time/)
  })
})

describe('lists on SQLite', () => {
  const database = new BetterSqlite3(':memory:')
  const db = buildKysely('sqlite', provideSame(new SqliteConnection(database)))
  database.exec('create table flow (id text primary key, created integer, name text) strict')
  const find = (ids: string[]) => db.selectFrom('flow').select('id').where('id', 'in', ids)

  test('of all lengths beyond a few have one text, go along the index and may be longer than parameters are allowed', async () => {
    const ids = Array.from({ length: 40_000 }, (_, index) => `id ${index} "' é`)
    database.prepare('insert into flow (id) values (?), (?)').run(ids[0], ids[39_999])
    expect(find(ids.slice(0, 17)).compile().sql).toBe(find(ids).compile().sql)
    expect((await find(ids).execute()).map(({ id }) => id).sort()).toEqual([ids[0], ids[39_999]])
    expect((await find(ids.slice(0, 17)).execute()).map(({ id }) => id)).toEqual([ids[0]])
    const compiled = find(ids).compile()
    const plan = database.prepare(`explain query plan ${compiled.sql}`).all(...compiled.parameters) as { detail: string }[]
    expect(plan[0]!.detail).toMatch(/^SEARCH flow USING (COVERING )?INDEX/)
  })

  test('hold numbers as numbers, and rows to insert stay rows', async () => {
    const times = Array.from({ length: 20 }, (_, index) => 2 ** 40 + index)
    database.prepare('insert into flow (id, created) values (?, ?)').run('timed', BigInt(times[19]!))
    expect(await db.selectFrom('flow').select('id').where('created', 'in', times).execute()).toEqual([{ id: 'timed' }])
    const row = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`column_${index}`, index]))
    const insert = db
      .insertInto('flow')
      .values(row as never)
      .compile()
    expect(insert.sql).toContain(`values (${Array(20).fill('?').join(', ')})`)
  })
})
