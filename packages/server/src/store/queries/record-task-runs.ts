import type { ReceivedEvent } from '@aedile/core/resources/event'
import { nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import type { Transaction } from '../store.ts'
import type { TaskRunStateTable, TaskRunTable } from '../tables.ts'
import { chunksOf } from './chunks.ts'
import { isOneOf } from './filters/condition.ts'
import { isTaskRunReport, readTaskRunReport, type TaskRunReport } from './task-run-event.ts'

export type RecordedTaskRuns = {
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

/** Applies reports, in the order of their times, to runs that are stored or new. */
class TaskRunMerge {
  readonly created = new Set<TaskRunTable>()
  readonly changed = new Set<TaskRunTable>()
  readonly #byId = new Map<string, TaskRunTable>()
  readonly #byKey = new Map<string, TaskRunTable>()
  readonly #now = nowMicroseconds()

  constructor(stored: readonly TaskRunTable[]) {
    for (const row of stored) this.#register(row)
  }

  /** Returns the run that the report belongs to. */
  add(report: TaskRunReport): TaskRunTable {
    const row = this.#find(report)
    if (!row) return this.#create(report)
    if (row.state_timestamp === null || row.state_timestamp < report.columns.state_timestamp) {
      Object.assign(row, report.columns, { updated: this.#now })
      if (!this.created.has(row)) this.changed.add(row)
    }
    return row
  }

  #find(report: TaskRunReport): TaskRunTable | undefined {
    const key = naturalKey(report.flowRunId, report.taskKey, report.dynamicKey)
    return (key === null ? undefined : this.#byKey.get(key)) ?? this.#byId.get(report.id)
  }

  #create(report: TaskRunReport): TaskRunTable {
    const row: TaskRunTable = {
      ...NO_COLUMNS,
      id: report.id,
      created: this.#now,
      updated: this.#now,
      name: `${report.taskKey}-${report.dynamicKey.slice(0, 3)}`,
      task_key: report.taskKey,
      dynamic_key: report.dynamicKey,
      ...report.columns,
    }
    this.created.add(row)
    this.#register(row)
    return row
  }

  #register(row: TaskRunTable): void {
    this.#byId.set(row.id, row)
    const key = naturalKey(row.flow_run_id, row.task_key, row.dynamic_key)
    if (key !== null) this.#byKey.set(key, row)
  }
}

const NO_COLUMNS = {
  flow_run_id: null,
  cache_key: null,
  cache_expiration: null,
  task_version: null,
  empirical_policy: '{"max_retries":0,"retry_delay_seconds":0,"retries":null,"retry_delay":null,"retry_jitter_factor":null}',
  tags: '[]',
  labels: '{}',
  task_inputs: '{}',
  run_count: 0,
  flow_run_run_count: 0,
  expected_start_time: null,
  next_scheduled_start_time: null,
  start_time: null,
  end_time: null,
  total_run_time: 0,
}

function naturalKey(flowRunId: string | null, taskKey: string, dynamicKey: string): string | null {
  return flowRunId === null ? null : JSON.stringify([flowRunId, taskKey, dynamicKey])
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
async function insertNew({ db }: Transaction, rows: ReadonlySet<TaskRunTable>): Promise<boolean> {
  const sorted = [...rows].sort((one, other) => (one.id < other.id ? -1 : 1))
  for (const part of chunksOf(sorted, TASK_RUN_COLUMNS)) {
    const inserted = await db
      .insertInto('task_run')
      .values(part)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .execute()
    if (inserted.length < part.length) return false
  }
  return true
}

/** One statement for all: every row is written whole, because it was read under a lock. */
async function updateStored({ db }: Transaction, rows: ReadonlySet<TaskRunTable>): Promise<void> {
  for (const part of chunksOf([...rows], TASK_RUN_COLUMNS)) {
    const columns = Object.keys(part[0]!).filter((column) => column !== 'id' && column !== 'created') as (keyof TaskRunTable)[]
    await db
      .insertInto('task_run')
      .values(part)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((eb) => Object.fromEntries(columns.map((column) => [column, eb.ref(`excluded.${column}`)]))),
      )
      .execute()
  }
}

async function insertStates({ db }: Transaction, reports: readonly TaskRunReport[], owners: readonly TaskRunTable[]) {
  const states = reports.map((report, index): TaskRunStateTable => {
    const { id } = owners[index]!
    return { ...report.state, task_run_id: id, state_details: JSON.stringify({ ...report.state.state_details, task_run_id: id }) }
  })
  for (const part of chunksOf(states, 9)) {
    await db
      .insertInto('task_run_state')
      .values(part)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

const TASK_RUN_COLUMNS = 25
