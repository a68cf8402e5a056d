import { AedileError } from '@aedile/core/errors'
import { nowMicroseconds } from '@aedile/core/time'
import { recordTaskRunTransition } from '../store/record-transition.ts'
import type { Transaction } from '../store/store.ts'
import type { TaskRunTable } from '../store/tables.ts'
import type { Workspace } from '../workspace.ts'
import { writeAnnounced } from './announce.ts'
import { answerOf, type StateAnswer, startOf } from './answer.ts'
import { type ClientFacts, SERVER_FACTS } from './client-facts.ts'
import { orchestrate } from './orchestrate.ts'
import type { Rule } from './rule.ts'
import { backgroundTaskPolicy, coreTaskPolicy, minimalTaskPolicy } from './rules/task-runs.ts'
import { type RunState, stateOfRow } from './run-state.ts'
import { buildStateChange } from './state-change.ts'
import { toStoredState } from './state-row.ts'
import { taskRunTransforms } from './transforms/task-runs.ts'
import { Transition } from './transition.ts'

/** A state that is proposed for a task run. */
type TaskRunProposal = {
  taskRunId: string
  proposed: RunState
  force?: boolean
  policy?: readonly Rule<TaskRunTable>[]
  client?: ClientFacts
}

/** Proposes a state for a task run, in a transaction of its own. */
export async function setTaskRunState(workspace: Workspace, proposal: TaskRunProposal): Promise<StateAnswer> {
  return writeAnnounced(workspace, (transaction) => changeTaskRunState(transaction, proposal))
}

/** Proposes a state for a task run as part of a transaction. */
export async function changeTaskRunState(transaction: Transaction, proposal: TaskRunProposal): Promise<StateAnswer> {
  const before = await lockTaskRun(transaction, proposal.taskRunId)
  const now = nowMicroseconds()
  if (before === null) throw new AedileError('not_found', { what: `Task run with id ${proposal.taskRunId}` })
  const run = { ...before }
  const initial = await readTaskRunState(transaction, run.state_id)
  const proposed = startOf(proposal.proposed, now)
  const transition = new Transition({ transaction, run, initial, proposed, client: proposal.client ?? SERVER_FACTS, now })
  const finish = await orchestrate(transition, choosePolicy(proposal), taskRunTransforms)
  await finish()
  await record(transition, before)
  return answerOf(transition)
}

/** Reads a task run under a lock, or null. */
export async function lockTaskRun(transaction: Transaction, id: string): Promise<TaskRunTable | null> {
  const query = transaction.db.selectFrom('task_run').selectAll().where('id', '=', id)
  return (await (transaction.kind === 'postgres' ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

/** Reads a state of a task run, or null. */
async function readTaskRunState({ db }: Pick<Transaction, 'db'>, id: string | null): Promise<RunState | null> {
  if (id === null) return null
  const row = await db.selectFrom('task_run_state').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : stateOfRow(row)
}

/** A deferred task run is a background task, forced or not. Source: WC 3.1.8. */
function choosePolicy({ proposed, force, policy }: TaskRunProposal): readonly Rule<TaskRunTable>[] {
  if (proposed.state_details.deferred) return backgroundTaskPolicy
  return force ? minimalTaskPolicy : (policy ?? coreTaskPolicy)
}

async function record(transition: Transition<TaskRunTable>, before: TaskRunTable): Promise<void> {
  const { transaction, run, initial, proposed, client } = transition
  if (proposed === null) return recordTaskRunTransition(transaction, { before, after: run }, null)
  await makeTimestampFree(transaction, before, run, proposed)
  const { id, name, run_count, flow_run_id } = run
  const facts = { name, run_count, tags: JSON.parse(run.tags) as string[], flow_run_id }
  const payload = buildStateChange({ run_id: id, run: facts, principal: client.principal.id }, initial, proposed)
  const stored = toStoredState(proposed, { flowRunId: flow_run_id, taskRunId: id })
  return recordTaskRunTransition(transaction, { before, after: run }, { ...stored, payload })
}

/** Events of a client may carry a time of its own clock, also one that is ahead. */
async function makeTimestampFree(
  { db }: Transaction,
  before: TaskRunTable,
  run: TaskRunTable,
  proposed: RunState,
): Promise<void> {
  if (before.state_timestamp === null || before.state_timestamp < proposed.timestamp) return
  const taken = await db
    .selectFrom('task_run_state')
    .select('timestamp')
    .where('task_run_id', '=', run.id)
    .where('timestamp', '>=', proposed.timestamp)
    .orderBy('timestamp')
    .execute()
  for (const { timestamp } of taken) if (timestamp === proposed.timestamp) proposed.timestamp += 1
  run.state_timestamp = proposed.timestamp
}
