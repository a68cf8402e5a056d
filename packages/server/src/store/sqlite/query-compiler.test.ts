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
