import type { ReceivedEvent } from '@aedile/core/resources/event'
import { sql } from 'kysely'
import { type ColumnKind, stateKinds } from '../column-kinds.ts'
import { insertRows } from '../insert-rows.ts'
import type { Transaction } from '../store.ts'
import type { TaskRunStateTable, TaskRunTable } from '../tables.ts'
import { chunksOf } from './chunks.ts'
import { isOneOf } from './filters/condition.ts'
import { isTaskRunReport, readTaskRunReport, type TaskRunReport } from './task-run-event.ts'
import { TaskRunMerge } from './task-run-merge.ts'

type RecordedTaskRuns = {
  /** Events of flow runs that are not there (yet). */
  waiting: ReceivedEvent[]
  /** Events that say too little. */
  unreadable: { event: ReceivedEvent; error: unknown }[]
}

/**
 * Makes task runs and their states from the events that clients report them by, in any order and any number of times. A
 * run follows the event that is latest by its time: an older one adds its state and changes nothing else. Runs of one
 * flow run are recognised by (task_key, dynamic_key); the stored id stays. Source: WC 4.6.
 */
export async function recordTaskRuns(transaction: Transaction, events: readonly ReceivedEvent[]): Promise<RecordedTaskRuns> {
  const { reports, unreadable } = readReports(events)
  const known = await findFlowRuns(transaction, reports)
  const isReady = ({ flowRunId }: TaskRunReport) => flowRunId === null || known.has(flowRunId)
  const ready = reports.filter(isReady)
  const waiting = reports.filter((report) => !isReady(report)).map(({ event }) => event)
  if (ready.length > 0) await store(transaction, ready)
  return { waiting, unreadable }
}

function readReports(events: readonly ReceivedEvent[]) {
  const reports: TaskRunReport[] = []
  const unreadable: RecordedTaskRuns['unreadable'] = []
  for (const event of events.filter(isTaskRunReport)) {
    try {
      reports.push(readTaskRunReport(event))
    } catch (error) {
      unreadable.push({ event, error })
    }
  }
  reports.sort((one, other) => one.state.timestamp - other.state.timestamp)
  return { reports, unreadable }
}

async function findFlowRuns({ db, kind }: Transaction, reports: readonly TaskRunReport[]): Promise<Set<string>> {
  const ids = [...new Set(reports.map(({ flowRunId }) => flowRunId).filter((id) => id !== null))]
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('flow_run')
    .select('id')
    .where(isOneOf('flow_run.id', ids, kind))
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** Tried again when another server stored one of the runs in between, which only Postgres allows. */
const ATTEMPTS = 3

async function store(transaction: Transaction, reports: readonly TaskRunReport[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const merged = new TaskRunMerge(await readStored(transaction, reports))
    const owners = reports.map((report) => merged.add(report))
    if (await insertNew(transaction, merged.created)) {
      await updateStored(transaction, merged.changed)
      return insertStates(transaction, reports, owners)
    }
    if (attempt === ATTEMPTS) throw new Error('Task runs of these events are being written by another server.')
  }
}

/** Reads and locks the runs that the reports may belong to, always in the same order. */
async function readStored({ db, kind }: Transaction, reports: readonly TaskRunReport[]): Promise<TaskRunTable[]> {
  const rows = new Map<string, TaskRunTable>()
  for (const part of chunksOf(reports, 4)) {
    const ids = isOneOf(
      'task_run.id',
      part.map(({ id }) => id),
      kind,
    )
    const keys = part
      .filter(({ flowRunId }) => flowRunId !== null)
      .map(({ flowRunId, taskKey, dynamicKey }) => sql`(${flowRunId}, ${taskKey}, ${dynamicKey})`)
    const tuple = sql`(task_run.flow_run_id, task_run.task_key, task_run.dynamic_key)`
    const list = kind === 'postgres' ? sql`(${sql.join(keys)})` : sql`(values ${sql.join(keys)})`
    const condition = keys.length > 0 ? sql<boolean>`(${ids} or ${tuple} in ${list})` : ids
    const query = db.selectFrom('task_run').selectAll('task_run').where(condition).orderBy('task_run.id')
    for (const row of await (kind === 'postgres' ? query.forUpdate() : query).execute()) rows.set(row.id, row)
  }
  return [...rows.values()]
}

/** False when somebody else stored one of them meanwhile. */
async function insertNew(transaction: Transaction, rows: ReadonlySet<TaskRunTable>): Promise<boolean> {
  if (rows.size === 0) return true
  const sorted = [...rows].sort((one, other) => (one.id < other.id ? -1 : 1))
  const inserted = await insertRows(transaction, 'task_run', runColumns, sorted, 'on conflict do nothing returning id')
  return inserted.length === rows.size
}

/** One statement for all: every row is written whole, because it was read under a lock. */
async function updateStored(transaction: Transaction, rows: ReadonlySet<TaskRunTable>): Promise<void> {
  if (rows.size > 0) await insertRows(transaction, 'task_run', runColumns, [...rows], REPLACE)
}

async function insertStates(transaction: Transaction, reports: readonly TaskRunReport[], owners: readonly TaskRunTable[]) {
  const states = reports.map((report, index): TaskRunStateTable => {
    const { id } = owners[index]!
    return { ...report.state, task_run_id: id, state_details: JSON.stringify({ ...report.state.state_details, task_run_id: id }) }
  })
  await insertRows(transaction, 'task_run_state', stateColumns, states, 'on conflict do nothing')
}

const runColumns = {
  id: 'uuid',
  created: 'bigint',
  updated: 'bigint',
  name: 'text',
  flow_run_id: 'uuid',
  task_key: 'text',
  dynamic_key: 'text',
  cache_key: 'text',
  cache_expiration: 'bigint',
  task_version: 'text',
  empirical_policy: 'json',
  tags: 'json',
  labels: 'json',
  task_inputs: 'json',
  state_id: 'uuid',
  state_type: 'text',
  state_name: 'text',
  state_timestamp: 'bigint',
  run_count: 'bigint',
  flow_run_run_count: 'bigint',
  expected_start_time: 'bigint',
  next_scheduled_start_time: 'bigint',
  start_time: 'bigint',
  end_time: 'bigint',
  total_run_time: 'bigint',
} satisfies Record<keyof TaskRunTable, ColumnKind>

const stateColumns = { ...stateKinds, task_run_id: 'uuid' } satisfies Record<keyof TaskRunStateTable, ColumnKind>

const REPLACE = `on conflict (id) do update set ${Object.keys(runColumns)
  .filter((column) => column !== 'id' && column !== 'created')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')}`
