import type { Place, Product } from '../products/product.ts'
import { type OpenDatabase, openDatabase } from '../stage/database.ts'
import type { Stage } from '../stage/stage.ts'

/** Seconds between two seeded runs: 100,000 of them span three and a half days. */
const SECONDS_APART = 3

/**
 * Fills a stopped server's database with copies of its one completed run, by SQL: over HTTP a million would take hours. Each
 * has an id, name, state and time of its own. One in ten failed.
 */
export async function seedRuns(stage: Stage, place: Place, count: number): Promise<void> {
  const database = openDatabase(stage, place)
  try {
    const dialect = stage.database === 'sqlite' ? SQLITE : POSTGRES
    for (const statement of buildStatements(database, dialect, stage.product, count)) database.sql(statement)
  } finally {
    database.close()
  }
}

type Dialect = {
  columns(table: string): string
  id: string
  /** An id for each number, in their order, as states have them that were made one after the other. */
  ordered: string
  /** What makes the filling quick; it holds for its connection alone. */
  before: string[]
  series(count: number): string
  text(time: string): string
  analyze: string[]
}

const SQLITE: Dialect = {
  columns: (table) => `select name from pragma_table_info('${table}')`,
  // The form of a UUID, which is all that anybody reads of it.
  id: `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`,
  ordered: `printf('%08x-0000-7000-a000-', n) || lower(hex(randomblob(6)))`,
  // No journal: what breaks is thrown away. The server goes back to its own mode.
  before: ['pragma journal_mode = off', 'pragma synchronous = off', 'pragma cache_size = -600000'],
  series: (count) => `(with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count}) select n from s) s`,
  text: (time) => `strftime('%Y-%m-%d %H:%M:%S.000000', ${time}, 'unixepoch')`,
  // A server at work has no statistics on SQLite unless it makes them itself.
  analyze: [],
}

const POSTGRES: Dialect = {
  columns: (table) =>
    `select quote_ident(column_name) from information_schema.columns where table_name = '${table}' and table_schema = 'public' and is_generated = 'NEVER'`,
  id: 'gen_random_uuid()',
  ordered: `(lpad(to_hex(n), 8, '0') || '-0000-7000-a000-' || right(gen_random_uuid()::text, 12))::uuid`,
  before: [],
  series: (count) => `generate_series(1, ${count}) s(n)`,
  text: (time) => `to_timestamp(${time})`,
  // Autovacuum does it within a minute.
  analyze: ['analyze flow_run', 'analyze flow_run_state'],
}

const SET_STATES = [
  'create index seed_run on seed (run_id)',
  'update flow_run set state_id = (select state_id from seed where run_id = flow_run.id) where state_id is null',
]

function buildStatements(database: OpenDatabase, dialect: Dialect, product: Product, count: number): string[] {
  const genuine = product.name === 'genuine'
  const toTime = genuine ? dialect.text : (time: string) => `${time} * 1000000`
  const at = toTime(`seed.at`)
  const state = { COMPLETED: 'Completed', FAILED: 'Failed' }
  const failed = (yes: string, no: string) => `case when seed.n % 10 = 0 then '${yes}' else '${no}' end`
  const typeOf = failed('FAILED', 'COMPLETED')
  const nameOf = failed(state.FAILED, state.COMPLETED)
  // A type of Postgres's own that text does not become by itself.
  const cast = genuine && dialect === POSTGRES ? `(${typeOf})::state_type` : typeOf
  const ofRun = {
    id: 'seed.run_id',
    // Theirs refers to the state, which is not there yet.
    state_id: genuine ? 'null' : 'seed.state_id',
    name: `'seed-' || seed.n`,
    idempotency_key: 'null',
    created: at,
    updated: at,
    expected_start_time: at,
    start_time: at,
    end_time: at,
    state_timestamp: at,
    state_type: cast,
    state_name: nameOf,
  }
  const ofState = {
    id: 'seed.state_id',
    flow_run_id: 'seed.run_id',
    timestamp: at,
    created: at,
    updated: at,
    type: cast,
    name: nameOf,
  }
  const copy = (table: string, values: Record<string, string>, like: string) => {
    const columns = database.sql(dialect.columns(table)).filter((column) => column !== '')
    const chosen = columns.map((column) => values[column.replaceAll('"', '')] ?? `one.${column}`)
    return `insert into ${table} (${columns.join(', ')}) select ${chosen.join(', ')} from ${like} one, seed`
  }
  const one = (table: string) => `(select * from ${table} limit 1)`
  const completed = `(select * from flow_run_state where type = 'COMPLETED' limit 1)`
  const seconds = Math.floor(Date.now() / 1000)
  return [
    ...dialect.before,
    // The oldest first, as they would have come.
    `create table seed as select n, ${dialect.id} as run_id, ${dialect.ordered} as state_id, cast(${seconds} - (${count} - n) * ${SECONDS_APART} as bigint) as at from ${dialect.series(count)}`,
    copy('flow_run', ofRun, one('flow_run')),
    copy('flow_run_state', ofState, completed),
    ...(genuine ? SET_STATES : []),
    'drop table seed',
    ...dialect.analyze,
  ]
}
