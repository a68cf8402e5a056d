import { AedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import { isTerminal, type StateType } from '@aedile/core/states'
import { type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { insertFlowRun, type Recorded, recordFlowRunTransition } from '../store/record-transition.ts'
import type { Transaction } from '../store/store.ts'
import type { FlowRunTable } from '../store/tables.ts'
import type { Workspace } from '../workspace.ts'
import { writeAnnounced } from './announce.ts'
import { answerOf, type StateAnswer, startOf } from './answer.ts'
import { type ClientFacts, SERVER_FACTS } from './client-facts.ts'
import { type HeldFlowRun, lockFlowRunWithState, recallFlowRun, rememberFlowRun } from './flow-run-with-state.ts'
import { orchestrate } from './orchestrate.ts'
import type { Rule } from './rule.ts'
import { coreFlowPolicy, minimalFlowPolicy } from './rules/index.ts'
import { type RunState, stateOfRow } from './run-state.ts'
import { buildStateChange } from './state-change.ts'
import { toStoredState } from './state-row.ts'
import { flowRunTransforms } from './transforms/flow-runs.ts'
import { Transition } from './transition.ts'

/** A state that is proposed for a flow run. */
type FlowRunProposal = {
  flowRunId: string
  /** Made by `buildProposedState` or `buildState`. */
  proposed: RunState
  /** Passes the minimal policy only. */
  force?: boolean
  /** Another policy than the core one. Ignored with force. */
  policy?: readonly Rule<FlowRunTable>[]
  client?: ClientFacts
  /** Proposes only while the run is in a state of this type: what was seen may have changed before the lock. */
  onlyFrom?: StateType
  /** How long the lease of an attempt holds that begins with this. */
  leaseSeconds?: number
}

/** Proposes a state for a flow run, in a transaction of its own. */
export async function setFlowRunState(workspace: Workspace, proposal: FlowRunProposal): Promise<StateAnswer> {
  const answer = await writeAnnounced(
    workspace,
    (transaction) => changeFlowRunState(transaction, { leaseSeconds: workspace.settings.attemptLeaseSeconds, ...proposal }),
    { tentative: true },
  )
  const type = answer.created ? answer.result.state?.type : null
  if (type === 'SCHEDULED' || isTerminal(type)) workspace.changes.emit('dispatch', [])
  if (type === 'CANCELLING') workspace.changes.emit('cancelling', [proposal.flowRunId])
  return answer
}

/** Proposes a state for a flow run as part of a transaction. The run stays locked until it ends. */
export async function changeFlowRunState(transaction: Transaction, proposal: FlowRunProposal): Promise<StateAnswer> {
  const recalled = recallFlowRun(transaction, proposal.flowRunId)
  const tried = recalled && (await changeHeldRun(transaction, proposal, recalled))
  // An answer that nothing was written for may come from what has changed since.
  if (tried?.isWritten) return tried.answer
  const held = await lockFlowRunWithState(transaction, proposal.flowRunId)
  if (held === null) throw new AedileError('not_found', { what: `Flow run with id ${proposal.flowRunId}` })
  return (await changeHeldRun(transaction, proposal, held)).answer
}

async function changeHeldRun(
  transaction: Transaction,
  proposal: FlowRunProposal,
  { run: before, state: initial, version }: HeldFlowRun,
): Promise<{ answer: StateAnswer; isWritten: boolean }> {
  // After the wait for the lock: the state that was written meanwhile is the older one.
  const now = nowMicroseconds()
  if (proposal.onlyFrom !== undefined && initial?.type !== proposal.onlyFrom) {
    return { answer: answerLeft(initial, now), isWritten: false }
  }
  const transition = new Transition({
    transaction,
    run: { ...before },
    initial,
    proposed: startOf(proposal.proposed, now),
    client: proposal.client ?? SERVER_FACTS,
    now,
    leaseSeconds: proposal.leaseSeconds,
  })
  const policy = proposal.force ? minimalFlowPolicy : (proposal.policy ?? coreFlowPolicy)
  const finish = await orchestrate(transition, policy, flowRunTransforms)
  await finish()
  const recorded = recordOf(transition)
  const written = await recordFlowRunTransition(transaction, { before, after: transition.run, version }, recorded)
  const run = { ...transition.run, updated: recorded?.state.timestamp ?? transition.run.updated }
  rememberFlowRun(transaction, { run, state: transition.proposed, version: written })
  return { answer: answerOf(transition), isWritten: written !== null }
}

/**
 * Inserts a flow run that has no state yet, with its first one, which passes the minimal policy only.
 * @returns the state, or null when its flow has a run of that idempotency key: nothing is written then.
 */
export async function insertFlowRunWithState(
  transaction: Transaction,
  run: FlowRunTable,
  { proposed, client }: { proposed: RunState; client: ClientFacts },
): Promise<RunState | null> {
  const now = nowMicroseconds()
  const transition = new Transition({ transaction, run, initial: null, proposed: startOf(proposed, now), client, now })
  const finish = await orchestrate(transition, minimalFlowPolicy, flowRunTransforms)
  // What follows for others comes after the run is there. A tentative unit learns before its write that something does.
  if (transaction.isTentative) await finish()
  const recorded = recordOf(transition)
  if (recorded === null) throw new Error('A rule of the minimal policy refused the first state of a run.')
  const inserted = { ...run, updated: recorded.state.timestamp }
  const written = await insertFlowRun(transaction, inserted, recorded)
  if (written === null) return null
  rememberFlowRun(transaction, { run: inserted, state: transition.proposed, version: written.version })
  if (!transaction.isTentative) {
    await finish()
    const after = { ...run, updated: inserted.updated }
    await recordFlowRunTransition(transaction, { before: inserted, after, version: null }, null)
  }
  return transition.proposed
}

/** Reads a flow run under a lock, or null. */
export async function lockFlowRun(transaction: Transaction, id: string): Promise<FlowRunTable | null> {
  const query = transaction.db.selectFrom('flow_run').selectAll().where('id', '=', id)
  return (await (transaction.kind === 'postgres' ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

/** Reads a state of a flow run, or null. */
export async function readFlowRunState({ db }: Pick<Transaction, 'db'>, id: string | null): Promise<RunState | null> {
  if (id === null) return null
  const row = await db.selectFrom('flow_run_state').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : stateOfRow(row)
}

function answerLeft(initial: RunState | null, now: Microseconds): StateAnswer {
  const verdict = { status: 'ABORT', details: { type: 'abort_details', reason: 'The run has left that state.' } } as const
  return answerOf({ proposed: null, initial, verdict, now })
}

/** What is stored of a transition beside the run's columns; null when it writes no state. */
function recordOf({ run, initial, proposed, client }: Transition<FlowRunTable>): Recorded | null {
  if (proposed === null) return null
  const payload = buildStateChange(
    {
      run_id: run.id,
      run: {
        name: run.name,
        run_count: run.run_count,
        tags: JSON.parse(run.tags) as string[],
        flow_id: run.flow_id,
        deployment_id: run.deployment_id,
        work_queue_id: run.work_queue_id,
        parent_task_run_id: run.parent_task_run_id,
        created_by: run.created_by === null ? null : (JSON.parse(run.created_by) as JsonObject),
      },
      principal: client.principal.id,
    },
    initial,
    proposed,
  )
  return { ...toStoredState(proposed, { flowRunId: run.id, taskRunId: null }), payload }
}
