import { type ColumnKind, type NewOutboxRow, outboxKinds, stateKinds } from './column-kinds.ts'
import { textOf } from './row-statements.ts'
import type { TentativeStatement } from './store.ts'
import type { FlowRunStateTable, FlowRunTable } from './tables.ts'

/**
 * What a transition of a flow run writes, as one statement for many runs, on Postgres. Values travel as records of JSON,
 * parsed once each; columns of JSON as text inside of it, so that their spelling stays.
 */

/** What a tentative write answers for a run that it wrote. */
export type WrittenRun = { id: string; version: string }

type Columns = Readonly<Record<string, Kind>>
type Kind = ColumnKind | 'smallint'

const RUN: Record<keyof FlowRunTable, Kind> = {
  id: 'uuid',
  created: 'bigint',
  updated: 'bigint',
  name: 'text',
  flow_id: 'uuid',
  deployment_id: 'uuid',
  deployment_version: 'text',
  work_queue_id: 'uuid',
  work_queue_name: 'text',
  flow_version: 'text',
  parameters: 'json',
  idempotency_key: 'text',
  context: 'json',
  empirical_policy: 'json',
  retry_type: 'text',
  tags: 'json',
  labels: 'json',
  parent_task_run_id: 'uuid',
  state_id: 'uuid',
  state_type: 'text',
  state_name: 'text',
  state_timestamp: 'bigint',
  run_count: 'bigint',
  expected_start_time: 'bigint',
  next_scheduled_start_time: 'bigint',
  start_time: 'bigint',
  end_time: 'bigint',
  total_run_time: 'bigint',
  auto_scheduled: 'smallint',
  infrastructure_document_id: 'uuid',
  infrastructure_pid: 'text',
  created_by: 'json',
  job_variables: 'json',
  attempt_key: 'text',
  lapses: 'bigint',
  child_heard_at: 'bigint',
  infrastructure_status: 'json',
}

/** What a plain transition may change of a run; one that changes more needs a transaction. */
const CHANGED = [
  'updated',
  'state_id',
  'state_type',
  'state_name',
  'state_timestamp',
  'run_count',
  'expected_start_time',
  'next_scheduled_start_time',
  'start_time',
  'end_time',
  'total_run_time',
] as const satisfies (keyof FlowRunTable)[]

const STATE: Record<keyof FlowRunStateTable, Kind> = { ...stateKinds, flow_run_id: 'uuid' }

/** Inserts a run with its first state and the outbox row, if its flow still has the version `flow_xmin` that the unit relies on. */
export function insertRunTentatively(run: FlowRunTable, state: FlowRunStateTable, outbox: NewOutboxRow): TentativeStatement {
  const sql = textOf(
    'insert flow_runs',
    () => `with given as (
        select given.* from json_to_recordset($1::json)
          as given (flow_xmin text, ${fields('', RUN)}, ${fields('s_', STATE)}, ${fields('o_', outboxKinds)})
        left join flow on flow.id = given.flow_id where given.flow_xmin is null or flow.xmin = given.flow_xmin::xid
      ),
      state as (${insert('flow_run_state', 's_', STATE)}),
      told as (${insert('outbox', 'o_', outboxKinds)})
      ${insert('flow_run', '', RUN)} returning id, xmin::text as version`,
  )
  return { writes: true, sql, item: { ...run, ...prefixed('s_', state), ...prefixed('o_', outbox) }, toParameters: toJson }
}

/**
 * Changes a run that still is as it was read, and inserts its state and the outbox row; otherwise nothing is written and
 * no row answered. Undefined when the transition changes other columns than most do.
 */
export function changeRunTentatively(
  run: { after: FlowRunTable; changes: Partial<FlowRunTable>; version: string },
  state: FlowRunStateTable,
  outbox: NewOutboxRow,
): TentativeStatement | undefined {
  if (Object.keys(run.changes).some((column) => !CHANGED.includes(column as (typeof CHANGED)[number]))) return undefined
  const kinds = Object.fromEntries(CHANGED.map((column) => [column, RUN[column]]))
  const sql = textOf(
    'change flow_runs',
    () => `with given as (
        select * from json_to_recordset($1::json) as given (id uuid, version text, ${fields('', kinds)}, ${fields('s_', STATE)}, ${fields('o_', outboxKinds)})
      ), changed as (
        update flow_run set ${CHANGED.map((column) => `${column} = given.${column}`).join(', ')} from given
        where flow_run.id = given.id and flow_run.xmin = given.version::xid returning flow_run.id, flow_run.xmin::text as version
      ), same as (select given.* from given join changed on changed.id = given.id),
      state as (${insert('flow_run_state', 's_', STATE, 'same')}),
      told as (${insert('outbox', 'o_', outboxKinds, 'same')})
      select id, version from changed`,
  )
  const item: TentativeStatement['item'] & Record<string, unknown> = { id: run.after.id, version: run.version }
  for (const column of CHANGED) item[column] = run.after[column]
  item.updated = run.changes.updated ?? run.after.updated
  return { writes: true, sql, item: { ...item, ...prefixed('s_', state), ...prefixed('o_', outbox) }, toParameters: toJson }
}

function toJson(items: readonly object[]): unknown[] {
  return [JSON.stringify(items)]
}

function fields(prefix: string, columns: Columns): string {
  return Object.entries(columns)
    .map(([column, kind]) => `${prefix}${column} ${kind === 'json' ? 'text' : kind}`)
    .join(', ')
}

function insert(table: string, prefix: string, columns: Columns, source = 'given'): string {
  const values = Object.entries(columns).map(([column, kind]) => `${prefix}${column}${kind === 'json' ? '::json' : ''}`)
  const names = Object.keys(columns).map((column) => `"${column}"`)
  return `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from ${source}`
}

function prefixed(prefix: string, row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [prefix + column, value]))
}
