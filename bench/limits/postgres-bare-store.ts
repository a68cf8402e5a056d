import { createHash } from 'node:crypto'
import pg from 'pg'
import { type BareStore, JOIN_STATE, SELECT_RUNS, SHOWN_START } from './bare-store.ts'
import type { Row } from './rows.ts'
import { TurnBatch } from './turn-batch.ts'

/** As many connections as Aedile's store has by default for units and short reads. */
const CONNECTIONS = 10
/** So many statements of one kind are under way at most; what comes meanwhile is the next one. */
const UNDER_WAY = 3

type Types = Map<string, Map<string, string>>

/**
 * Postgres through the driver of Aedile's store, on its tables. What requests of one turn of the event loop write is one
 * named statement, which is its own commit: fewer round trips and fewer waits for the disk are not to be had.
 */
export function openPostgresBareStore(url: string): BareStore {
  const getTypeParser = ((id: number) => (INTEGERS.has(id) ? Number : String)) as pg.CustomTypesConfig['getTypeParser']
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, types: { getTypeParser } })
  const names = new Map<string, string>()
  const run = async (text: string, values: unknown[]): Promise<Row[]> => {
    const name = names.get(text) ?? createHash('sha1').update(text).digest('base64url')
    names.set(text, name)
    return (await pool.query<Row>({ name, text, values })).rows
  }
  let reading: Promise<Types> | undefined
  const types = () => {
    reading ??= readTypes(pool)
    return reading
  }
  const runs = new TurnBatch<{ run: Row; state: Row }>(UNDER_WAY, async (items) => {
    const known = await types()
    const [rows, states] = [items.map((item) => item.run), items.map((item) => item.state)]
    const text = `with run as (${insertMany(known, 'flow_run', rows, 1)}) ${insertMany(known, 'flow_run_state', states, 2)}`
    await run(text, [JSON.stringify(rows), JSON.stringify(states)])
  })
  const states = new TurnBatch<Row>(UNDER_WAY, async (rows) => {
    const insert = insertMany(await types(), 'flow_run_state', rows, 1)
    await run(`with state as (${insert}) ${CHANGE}`, [JSON.stringify(rows)])
  })
  const lines = new TurnBatch<Row[]>(UNDER_WAY, async (batches) => {
    const rows = batches.flat()
    await run(insertMany(await types(), 'log', rows, 1), [JSON.stringify(rows)])
  })
  const events = new TurnBatch<{ events: Row[]; resources: Row[] }>(UNDER_WAY, async (batches) => {
    const known = await types()
    const [rows, resources] = [batches.flatMap((batch) => batch.events), batches.flatMap((batch) => batch.resources)]
    const text = `with event as (${insertMany(known, 'event', rows, 1)}) ${insertMany(known, 'event_resource', resources, 2)}`
    await run(text, [JSON.stringify(rows), JSON.stringify(resources)])
  })
  return {
    insert: async (table, row) => void (await run(insertMany(await types(), table, [row], 1), [JSON.stringify([row])])),
    insertRun: (row, state) => runs.add({ run: row, state }),
    changeState: (state) => states.add(state),
    appendLines: (rows) => lines.add(rows),
    appendEvents: (rows) => events.add(rows),
    async readRuns(filter) {
      if ('ids' in filter) {
        const text = `${SELECT_RUNS} ${JOIN_STATE} where r.id = any ($1::uuid[])`
        return run(text, [`{${filter.ids.join(',')}}`])
      }
      const order = `${SHOWN_START} desc nulls last, r.id desc`
      const text = `${SELECT_RUNS} ${JOIN_STATE} where r.state_type = $1 and ${SHOWN_START} >= $2 order by ${order} limit $3`
      return run(text, [filter.type, filter.since, filter.limit])
    },
    readQueue: (queueId, before, limit) =>
      run(
        `select * from flow_run where state_type = 'SCHEDULED' and work_queue_id = $1 and next_scheduled_start_time <= $2
          order by next_scheduled_start_time limit $3`,
        [queueId, before, limit],
      ),
    async readEvents(resourceId, limit) {
      const [count] = await run('select count(*) as total from event where resource_id = $1', [resourceId])
      const rows = await run('select * from event where resource_id = $1 order by occurred desc limit $2', [resourceId, limit])
      return { total: Number(count!.total), rows }
    },
    listPools: () => run('select * from work_pool order by name limit 200', []),
    close: () => pool.end(),
  }
}

/** int8, int2, int4. */
const INTEGERS = new Set([20, 21, 23])

const CHANGE = `update flow_run set state_id = v.id, state_type = v.type, state_name = v.name, state_timestamp = v.timestamp,
  updated = v.timestamp, next_scheduled_start_time = null,
  start_time = case when v.type = 'RUNNING' then coalesce(start_time, v.timestamp) else start_time end,
  end_time = case when v.type in ('COMPLETED', 'FAILED') then v.timestamp else end_time end
  from json_to_recordset($1) as v(id uuid, flow_run_id uuid, type text, name text, timestamp bigint)
  where flow_run.id = v.flow_run_id`

async function readTypes(pool: pg.Pool): Promise<Types> {
  const text = `select table_name, column_name, udt_name from information_schema.columns where table_schema = 'public'`
  const { rows } = await pool.query<{ table_name: string; column_name: string; udt_name: string }>(text)
  const types: Types = new Map()
  for (const { table_name: table, column_name: column, udt_name: type } of rows) {
    types.set(table, (types.get(table) ?? new Map<string, string>()).set(column, type))
  }
  return types
}

/** One statement for any number of rows, so that it is prepared once. JSON comes as text, and is to stay what it is. */
function insertMany(types: Types, table: string, rows: Row[], place: number): string {
  const key = `${table} ${place}`
  const known = inserts.get(key) ?? buildInsert(types, table, rows, place)
  inserts.set(key, known)
  return known
}

/** By table and place: the columns of a table are always the same here. */
const inserts = new Map<string, string>()

function buildInsert(types: Types, table: string, rows: Row[], place: number): string {
  const columns = Object.keys(rows[0]!)
  const typeOf = (column: string) => types.get(table)!.get(column)!
  const given = columns.map((column) => `${column} ${typeOf(column) === 'json' ? 'text' : typeOf(column)}`)
  const values = columns.map((column) => (typeOf(column) === 'json' ? `v.${column}::json` : `v.${column}`))
  return `insert into ${table} (${columns.join(', ')}) select ${values.join(', ')}
    from json_to_recordset($${place}) as v(${given.join(', ')})`
}
