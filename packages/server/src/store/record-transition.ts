import type { Transaction } from './store.ts'
import type {
  ArtifactTable,
  FlowRunStateTable,
  FlowRunTable,
  Json,
  Micros,
  OutboxTable,
  StateTable,
  TaskRunStateTable,
  TaskRunTable,
} from './tables.ts'

/** What a change of state writes beside the run: the state, its result, and what follows from it. */
type Recorded = {
  state: StateTable
  /** The artifact that keeps the state's data, if it has data worth keeping. */
  artifact: ArtifactTable | null
  /** The document that readers of the outbox make events, streams and metrics from. */
  payload: Json
}

/**
 * Writes one change of a flow run's state: the state, the run's changed columns and an outbox row, in the transaction it
 * is given. Nothing else writes a state of a flow run. Without a state it writes the columns that rules changed.
 */
export async function recordFlowRunTransition(
  transaction: Transaction,
  run: { before: FlowRunTable; after: FlowRunTable },
  recorded: Recorded | null,
): Promise<void> {
  const { db } = transaction
  if (recorded !== null) {
    if (recorded.artifact !== null) await db.insertInto('artifact').values(recorded.artifact).execute()
    const state: FlowRunStateTable = { ...recorded.state, flow_run_id: run.after.id }
    await db.insertInto('flow_run_state').values(state).execute()
    await db.insertInto('outbox').values(outboxRow('flow-run-state', recorded)).execute()
  }
  const changes = changedColumns(run.before, run.after)
  if (changes === null) return
  await db
    .updateTable('flow_run')
    .set({ ...changes, updated: recorded?.state.timestamp ?? run.after.updated })
    .where('id', '=', run.after.id)
    .execute()
}

/** Writes one change of a task run's state, as `recordFlowRunTransition` does for a flow run. */
export async function recordTaskRunTransition(
  transaction: Transaction,
  run: { before: TaskRunTable; after: TaskRunTable },
  recorded: Recorded | null,
): Promise<void> {
  const { db } = transaction
  if (recorded !== null) {
    if (recorded.artifact !== null) await db.insertInto('artifact').values(recorded.artifact).execute()
    const state: TaskRunStateTable = { ...recorded.state, task_run_id: run.after.id }
    await db.insertInto('task_run_state').values(state).execute()
    await db.insertInto('outbox').values(outboxRow('task-run-state', recorded)).execute()
  }
  const changes = changedColumns(run.before, run.after)
  if (changes === null) return
  await db
    .updateTable('task_run')
    .set({ ...changes, updated: recorded?.state.timestamp ?? run.after.updated })
    .where('id', '=', run.after.id)
    .execute()
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

function outboxRow(kind: string, recorded: Recorded): Omit<OutboxTable, 'sequence'> {
  return { kind, payload: recorded.payload, created: recorded.state.timestamp satisfies Micros }
}

function changedColumns<Row extends object>(before: Row, after: Row): Partial<Row> | null {
  const changed = Object.entries(after).filter(([column, value]) => before[column as keyof Row] !== value)
  return changed.length === 0 ? null : (Object.fromEntries(changed) as Partial<Row>)
}
