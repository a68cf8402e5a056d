import BetterSqlite3 from 'better-sqlite3'
import { type BareStore, JOIN_STATE, SELECT_RUNS, SHOWN_START } from './bare-store.ts'
import type { Row } from './rows.ts'

/** So many rows are inserted by one statement. */
const TOGETHER = 50

type Waiting = { work(): void; resolve(): void; reject(error: unknown): void }

/** SQLite through the driver of Aedile's store, on its tables, with one commit for all writes of a turn of the event loop. */
export function openSqliteBareStore(file: string, synchronous: string): BareStore {
  const database = new BetterSqlite3(file)
  database.prepare('attach database ? as bulk').run(file.replace(/\.db$/, '-bulk.db'))
  for (const schema of ['main', 'bulk']) {
    database.pragma(`${schema}.journal_mode = wal`)
    database.pragma(`${schema}.synchronous = ${synchronous}`)
  }
  database.pragma('foreign_keys = on')
  const statements = new Map<string, BetterSqlite3.Statement>()
  const prepare = (sql: string) => {
    const known = statements.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  // By table and number of rows: the columns of a table are always the same here.
  const inserts = new Map<string, BetterSqlite3.Statement>()
  const prepareInsert = (table: string, row: Row, rows: number) => {
    const key = `${table} ${rows}`
    const known = inserts.get(key)
    if (known) return known
    const columns = Object.keys(row)
    const places = `(${columns.map(() => '?').join(', ')})`
    const values = Array(rows).fill(places).join(', ')
    const statement = database.prepare(`insert into ${table} (${columns.join(', ')}) values ${values}`)
    inserts.set(key, statement)
    return statement
  }
  const insert = (table: string, row: Row) => prepareInsert(table, row, 1).run(Object.values(row))
  // Many rows of one statement cost a fifth less than one by one.
  const insertAll = (table: string, rows: Row[]) => {
    let at = 0
    for (; at + TOGETHER <= rows.length; at += TOGETHER) {
      const values = rows.slice(at, at + TOGETHER).flatMap((row) => Object.values(row))
      prepareInsert(table, rows[0]!, TOGETHER).run(values)
    }
    for (; at < rows.length; at++) insert(table, rows[at]!)
  }
  let waiting: Waiting[] = []
  const commitTurn = () => {
    const turn = waiting
    waiting = []
    try {
      database.exec('begin')
      for (const { work } of turn) work()
      database.exec('commit')
    } catch (error) {
      if (database.inTransaction) database.exec('rollback')
      for (const { reject } of turn) reject(error)
      return
    }
    for (const { resolve } of turn) resolve()
  }
  const write = (work: () => void) =>
    new Promise<void>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(commitTurn)
      waiting.push({ work, resolve, reject })
    })
  const all = (sql: string, ...values: Row[string][]) => prepare(sql).all(values) as Row[]
  return {
    insert: (table, row) => write(() => void insert(table, row)),
    insertRun: (run, state) =>
      write(() => {
        insert('flow_run', run)
        insert('flow_run_state', state)
      }),
    changeState: (state) =>
      write(() => {
        insert('flow_run_state', state)
        prepare(CHANGE).run(changesOf(state))
      }),
    appendLines: (rows) => write(() => insertAll('log', rows)),
    appendEvents: ({ events, resources }) =>
      write(() => {
        insertAll('event', events)
        insertAll('event_resource', resources)
      }),
    readRuns: async (filter) => {
      if ('ids' in filter) {
        const places = filter.ids.map(() => '?').join(', ')
        return all(`${SELECT_RUNS} ${JOIN_STATE} where r.id in (${places})`, ...filter.ids)
      }
      // The plus keeps SQLite, which has no statistics, from taking the index on the state and sorting nearly all runs.
      const sql = `${SELECT_RUNS} ${JOIN_STATE}
        where +r.state_type = ? and ${SHOWN_START} >= ? order by ${SHOWN_START} desc limit ?`
      return all(sql, filter.type, filter.since, filter.limit)
    },
    readQueue: async (queueId, before, limit) =>
      all(
        `select * from flow_run where state_type = 'SCHEDULED' and work_queue_id = ? and next_scheduled_start_time <= ?
          order by next_scheduled_start_time limit ?`,
        queueId,
        before,
        limit,
      ),
    readEvents: async (resourceId, limit) => ({
      total: Number(all('select count(*) as total from event where resource_id = ?', resourceId)[0]!.total),
      rows: all('select * from event where resource_id = ? order by occurred desc limit ?', resourceId, limit),
    }),
    listPools: async () => all('select * from work_pool order by name limit 200'),
    close: async () => void database.close(),
  }
}

const CHANGE = `update flow_run set state_id = ?, state_type = ?, state_name = ?, state_timestamp = ?, updated = ?,
  start_time = coalesce(start_time, ?), end_time = coalesce(end_time, ?), next_scheduled_start_time = null where id = ?`

function changesOf({ id, type, name, timestamp, flow_run_id: run }: Row): Row[string][] {
  const [starts, ends] = [type === 'RUNNING', type === 'COMPLETED' || type === 'FAILED']
  return [id!, type!, name!, timestamp!, timestamp!, starts ? timestamp! : null, ends ? timestamp! : null, run!]
}
