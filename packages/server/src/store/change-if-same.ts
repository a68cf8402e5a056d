import type { ColumnKind } from './insert-rows.ts'
import { textOf } from './row-statements.ts'
import type { Statement } from './store.ts'
import type { FlowRunStateTable, FlowRunTable, OutboxTable } from './tables.ts'

type OutboxRow = Omit<OutboxTable, 'sequence'>

const STATE_COLUMNS = {
  id: 'uuid',
  timestamp: 'bigint',
  type: 'text',
  name: 'text',
  message: 'text',
  state_details: 'json',
  data: 'json',
  result_artifact_id: 'uuid',
  flow_run_id: 'uuid',
} satisfies Record<keyof FlowRunStateTable, ColumnKind>

const OUTBOX_COLUMNS = { kind: 'text', payload: 'json', created: 'bigint' } satisfies Record<keyof OutboxRow, ColumnKind>

/**
 * On Postgres: changes a flow run, and inserts its state and the outbox row, if the run is as it was read. Otherwise it
 * writes nothing and answers no row. One statement, so it needs no transaction around it.
 */
export function changeIfSame(
  run: { id: string; version: string; changes: Partial<FlowRunTable> },
  state: FlowRunStateTable,
  outbox: OutboxRow,
): Statement {
  const columns = Object.keys(run.changes)
  const sql = textOf(`change flow_run if same ${columns}`, () => buildText(columns))
  const parameters = [
    ...Object.values(run.changes),
    run.id,
    run.version,
    ...Object.keys(STATE_COLUMNS).map((column) => state[column as keyof FlowRunStateTable]),
    ...Object.keys(OUTBOX_COLUMNS).map((column) => outbox[column as keyof OutboxRow]),
  ]
  return { sql, parameters, tentative: 'guarded write' }
}

function buildText(columns: readonly string[]): string {
  let number = 0
  const next = () => `$${++number}`
  const set = columns.map((column) => `"${column}" = ${next()}`).join(', ')
  const insert = (table: string, kinds: Record<string, ColumnKind>) =>
    `insert into ${table} (${Object.keys(kinds).map((column) => `"${column}"`)})
     select ${Object.values(kinds).map((kind) => `${next()}::${kind}`)} from changed`
  return `with changed as (update flow_run set ${set} where id = ${next()} and xmin = ${next()}::xid returning id),
    state as (${insert('flow_run_state', STATE_COLUMNS)}),
    told as (${insert('outbox', OUTBOX_COLUMNS)})
    select id from changed`
}
