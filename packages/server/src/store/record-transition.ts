import type { NewOutboxRow } from './column-kinds.ts'
import { changeRunTentatively, insertRunTentatively, type WrittenRun } from './flow-run-records.ts'
import type { DatabaseKind } from './kysely.ts'
import { executeTogether, insertRow, updateRow } from './row-statements.ts'
import type { Statement, TentativeStatement, Transaction } from './store.ts'
import type {
  ArtifactTable,
  FlowRunStateTable,
  FlowRunTable,
  Json,
  Micros,
  StateTable,
  TaskRunStateTable,
  TaskRunTable,
} from './tables.ts'

const FLOW_RUN = 'flow-run-state'

/** What a change of state writes beside the run: the state, its result, and what follows from it. */
export type Recorded = {
  state: StateTable
  /** The artifact that keeps the state's data, if it has data worth keeping. */
  artifact: ArtifactTable | null
  /** The document that readers of the outbox make events, streams and metrics from. */
  payload: Json
}

/**
 * Writes one change of a flow run's state: the state, the run's changed columns and an outbox row, in the transaction it
 * is given. Without a state it writes the columns that rules changed. Nothing else writes a state of a flow run, but the
 * two functions that insert runs with their first one.
 * @returns the version that the run has now, when a tentative unit wrote it.
 */
export async function recordFlowRunTransition(
  transaction: Transaction,
  { before, after, version }: { before: FlowRunTable; after: FlowRunTable; version: string | null },
  recorded: Recorded | null,
): Promise<string | null> {
  const { kind } = transaction
  const changes = changedColumns(before, after, recorded)
  if (transaction.isTentative) return changeTentatively(transaction, { after, changes, version }, recorded)
  await executeTogether(transaction, [
    ...(recorded === null ? [] : insertFlowRunState(kind, after.id, recorded)),
    ...(changes === null ? [] : [updateRow(kind, 'flow_run', after.id, changes)]),
  ])
  return null
}

/**
 * Inserts a flow run with its first state.
 * @returns null when its flow has a run with that idempotency key: nothing is written. Otherwise the version that the run
 * has now, when a tentative unit wrote it.
 */
export async function insertFlowRun(
  transaction: Transaction,
  run: FlowRunTable,
  recorded: Recorded,
): Promise<{ version: string | null } | null> {
  const { kind } = transaction
  if (run.idempotency_key === null && transaction.isTentative) {
    return { version: await insertTentatively(transaction, run, recorded) }
  }
  const state = insertFlowRunState(kind, run.id, recorded)
  if (run.idempotency_key === null) {
    await executeTogether(transaction, [insertRow(kind, 'flow_run', run), ...state])
    return { version: null }
  }
  const inserted = await transaction.execute(insertRow(kind, 'flow_run', run, { unlessKnownBy: ['flow_id', 'idempotency_key'] }))
  if (inserted.length === 0) return null
  await executeTogether(transaction, state)
  return { version: null }
}

async function insertTentatively(transaction: Transaction, run: FlowRunTable, recorded: Recorded): Promise<string> {
  const tentative =
    recorded.artifact === null ? insertRunTentatively(run, stateRow(run.id, recorded), outboxRow(FLOW_RUN, recorded)) : undefined
  return writeTentatively(transaction, insertRow('postgres', 'flow_run', run), tentative)
}

async function changeTentatively(
  transaction: Transaction,
  run: { after: FlowRunTable; changes: Partial<FlowRunTable> | null; version: string | null },
  recorded: Recorded | null,
): Promise<string | null> {
  const { after, changes, version } = run
  if (changes === null) return null
  const tentative =
    recorded === null || recorded.artifact !== null || version === null
      ? undefined
      : changeRunTentatively({ after, changes, version }, stateRow(after.id, recorded), outboxRow(FLOW_RUN, recorded))
  return writeTentatively(transaction, updateRow('postgres', 'flow_run', after.id, changes), tentative)
}

/** Without a tentative form the statement makes the unit start over. */
async function writeTentatively(
  transaction: Transaction,
  statement: Statement,
  tentative: TentativeStatement | undefined,
): Promise<string> {
  const [written] = await transaction.execute<WrittenRun>(tentative ? { ...statement, tentative } : statement)
  return written!.version
}

/** Writes one change of a task run's state, as `recordFlowRunTransition` does for a flow run. */
export async function recordTaskRunTransition(
  transaction: Transaction,
  { before, after }: { before: TaskRunTable; after: TaskRunTable },
  recorded: Recorded | null,
): Promise<void> {
  const { kind } = transaction
  const changes = changedColumns(before, after, recorded)
  await executeTogether(transaction, [
    ...(recorded === null ? [] : insertTaskRunState(kind, after.id, recorded)),
    ...(changes === null ? [] : [updateRow(kind, 'task_run', after.id, changes)]),
  ])
}

function insertFlowRunState(kind: DatabaseKind, id: string, recorded: Recorded): Statement[] {
  return [
    ...(recorded.artifact === null ? [] : [insertRow(kind, 'artifact', recorded.artifact)]),
    insertRow(kind, 'flow_run_state', stateRow(id, recorded)),
    insertRow(kind, 'outbox', outboxRow(FLOW_RUN, recorded)),
  ]
}

function stateRow(flow_run_id: string, { state }: Recorded): FlowRunStateTable {
  return { ...state, flow_run_id }
}

function insertTaskRunState(kind: DatabaseKind, id: string, recorded: Recorded): Statement[] {
  const state: TaskRunStateTable = { ...recorded.state, task_run_id: id }
  return [
    ...(recorded.artifact === null ? [] : [insertRow(kind, 'artifact', recorded.artifact)]),
    insertRow(kind, 'task_run_state', state),
    insertRow(kind, 'outbox', outboxRow('task-run-state', recorded)),
  ]
}

/** A run that the scheduler makes, with its first state. */
export type ScheduledRun = { run: FlowRunTable; state: StateTable }

/**
 * Inserts runs with their Scheduled state. A run whose (flow_id, idempotency_key) exists is left as it is. No rule is
 * asked and no event emitted, as with a genuine server. Answers the ids that are new. Source: WC 4.2.
 */
export async function insertScheduledRuns(transaction: Transaction, runs: readonly ScheduledRun[]): Promise<string[]> {
  const inserted: string[] = []
  for (let start = 0; start < runs.length; start += RUNS_PER_INSERT) {
    const part = runs.slice(start, start + RUNS_PER_INSERT)
    const answer = await transaction.db
      .insertInto('flow_run')
      .values(part.map(({ run, state }) => withState(run, state)))
      .onConflict((conflict) => conflict.columns(['flow_id', 'idempotency_key']).doNothing())
      .returning('id')
      .execute()
    const ids = new Set(answer.map((row) => row.id))
    const states = part.filter(({ run }) => ids.has(run.id)).map(({ run, state }) => ({ ...state, flow_run_id: run.id }))
    if (states.length > 0) await transaction.db.insertInto('flow_run_state').values(states).execute()
    inserted.push(...ids)
  }
  return inserted
}

/** Both databases bound the parameters of one statement: about 45 columns a run. */
const RUNS_PER_INSERT = 100

function withState(run: FlowRunTable, state: StateTable): FlowRunTable {
  return {
    ...run,
    state_id: state.id,
    state_type: state.type,
    state_name: state.name,
    state_timestamp: state.timestamp,
  }
}

function outboxRow(kind: string, recorded: Recorded): NewOutboxRow {
  return { kind, payload: recorded.payload, created: recorded.state.timestamp satisfies Micros }
}

/** The columns that differ, with the time of the change; null when none does. */
function changedColumns<Row extends { updated: Micros }>(
  before: Row,
  after: Row,
  recorded: Recorded | null,
): Partial<Row> | null {
  const changes: Partial<Row> = {}
  let isChanged = false
  for (const column in after) {
    if (before[column] === after[column]) continue
    changes[column] = after[column]
    isChanged = true
  }
  if (!isChanged) return null
  changes.updated = recorded?.state.timestamp ?? after.updated
  return changes
}
