import type { AttemptMessage, Attempt as WireAttempt } from '@aedile/core/attempts/messages'
import { uuid7 } from '@aedile/core/client/uuid7'
import type { OrchestrationResult, StateCreate } from '@aedile/core/resources/state'
import { stateCreate } from '@aedile/core/resources/state'
import { isTerminal, type StateType } from '@aedile/core/states'
import {
  endAttempt,
  intendAttempt,
  recordAttempt,
  removeAttempt,
  reportAttempt,
  showAttemptStatus,
  takeOutput,
} from '../../orchestration/attempts/attend-attempt.ts'
import type { ClientFacts } from '../../orchestration/client-facts.ts'
import { buildProposedState } from '../../orchestration/run-state.ts'
import { changeFlowRunState } from '../../orchestration/set-flow-run-state.ts'
import type { Transaction } from '../../store/store.ts'
import type { Workspace } from '../../workspace.ts'
import { mergeFlowRunLabels } from '../flow-runs/update-flow-run.ts'

type Of<Step extends AttemptMessage['step']> = Extract<AttemptMessage, { step: Step }>
export type Taken = { attempt: WireAttempt; proposal: OrchestrationResult | null }

const SUBMITTING = stateCreate.parse({ type: 'PENDING', name: 'Submitting' })
const RUNNING = stateCreate.parse({ type: 'RUNNING', name: 'Running' })

/**
 * Takes one message of a worker about an attempt, and the state that the run comes to by it, in one unit of work.
 * `client` is the worker, with the attempt's fence.
 */
export async function takeMessage(
  workspace: Workspace,
  { worker, client }: { worker: string; client: ClientFacts },
  message: AttemptMessage,
): Promise<Taken> {
  const { attempt: key } = message
  const facts = { workspace, worker, client: { ...client, attemptHeader: key, workerName: worker } }
  switch (message.step) {
    case 'intend':
      return takeIntent(facts, message)
    case 'record':
      return takeRecord(facts, message)
    case 'end':
      return takeEnd(facts, message)
    case 'advance':
      return alone(takeOutput(workspace, key, worker, { lines: message.lines, cursor: message.log_cursor, after: message.after }))
    case 'report':
      return alone(reportAttempt(workspace, key, worker))
    case 'remove':
      return alone(removeAttempt(workspace, key, worker))
    case 'status':
      return alone(showAttemptStatus(workspace, key, worker, { phase: message.phase, detail: message.detail ?? null }))
  }
}

type Facts = { workspace: Workspace; worker: string; client: ClientFacts }

async function alone(attempt: Promise<WireAttempt>): Promise<Taken> {
  return { attempt: await attempt, proposal: null }
}

async function takeIntent(facts: Facts, { attempt: key, handle, labels }: Of<'intend'>): Promise<Taken> {
  let proposal: OrchestrationResult | null = null
  const attempt = await intendAttempt(facts.workspace, key, facts.worker, handle, async (transaction, { flow_run_id }) => {
    await mergeFlowRunLabels(transaction, flow_run_id, labels)
    proposal = await propose(transaction, facts, flow_run_id, SUBMITTING)
  })
  return { attempt, proposal }
}

async function takeRecord(facts: Facts, message: Of<'record'>): Promise<Taken> {
  const { attempt: key, handle, infrastructure_pid, is_running } = message
  let proposal: OrchestrationResult | null = null
  const attempt = await recordAttempt(facts.workspace, key, facts.worker, handle, async (transaction, { flow_run_id }) => {
    const run = await readRun(transaction, flow_run_id)
    if (run?.attempt_key !== key) return
    if (infrastructure_pid !== null) {
      await transaction.db.updateTable('flow_run').set({ infrastructure_pid }).where('id', '=', flow_run_id).execute()
    }
    // After a restart of the worker the run may be further.
    if (is_running && run.state_type === 'PENDING') proposal = await propose(transaction, facts, flow_run_id, RUNNING)
  })
  return { attempt, proposal }
}

async function takeEnd(facts: Facts, { attempt: key, outcome, conclusions }: Of<'end'>): Promise<Taken> {
  let proposal: OrchestrationResult | null = null
  let isReported = false
  const attempt = await endAttempt(facts.workspace, key, facts.worker, outcome, async (transaction, { flow_run_id, phase }) => {
    if (phase !== 'ended') return
    const state = ((await readRun(transaction, flow_run_id))?.state_type ?? 'PENDING') as StateType
    const conclusion = conclusions.find(({ from }) => from.includes(state))
    if (conclusion?.state) proposal = await propose(transaction, facts, flow_run_id, conclusion.state)
    isReported = conclusion !== undefined && (conclusion.state === null || proposal?.status === 'ACCEPT')
    if (isReported)
      await transaction.db.updateTable('flow_run_attempt').set({ phase: 'reported' }).where('key', '=', key).execute()
  })
  return { attempt: isReported ? { ...attempt, phase: 'reported' } : attempt, proposal }
}

function readRun({ db }: Transaction, id: string) {
  return db.selectFrom('flow_run').select(['state_type', 'attempt_key']).where('id', '=', id).executeTakeFirst()
}

/** As a worker proposes it by itself. */
async function propose(
  transaction: Transaction,
  { workspace, client }: Facts,
  flowRunId: string,
  state: StateCreate,
): Promise<OrchestrationResult> {
  const { changes } = workspace
  transaction.afterCommit(() => changes.emit('outbox'))
  const state_details = { ...state.state_details, deferred: null, transition_id: uuid7() }
  const proposed = buildProposedState({ ...state, state_details })
  const { result, created } = await changeFlowRunState(transaction, { flowRunId, proposed, client })
  const frees = created && (result.state?.type === 'SCHEDULED' || isTerminal(result.state?.type))
  if (frees) transaction.afterCommit(() => changes.emit('dispatch', []))
  return result
}
