import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import type { Outcome } from '@aedile/core/infrastructure-definition'
import type { StateCreateInput } from '@aedile/core/resources/state'
import { isTerminal, type StateType } from '@aedile/core/states'

/** What a run's state says when its attempt has ended, and who was to report. */
export type EndFacts = {
  state: StateType | null
  outcome: Outcome
  /** Who tells the run's end: an engine inside the thing, or the worker for a plain command. */
  reports: 'engine' | 'worker'
  isCancelled: boolean
}

/**
 * The state to propose for an ended attempt, or null when the run needs none: the child reported by itself, or the run
 * waits for something else (a retry by schedule, a resumption).
 */
export function stateForOutcome({ state, outcome, reports, isCancelled }: EndFacts): StateCreateInput | null {
  if (isTerminal(state)) return null
  if (isCancelled || state === 'CANCELLING') {
    return { type: 'CANCELLED', name: 'Cancelled', message: 'Flow run was cancelled successfully.' }
  }
  if (reports === 'worker') {
    return outcome.kind === 'completed' ? { type: 'COMPLETED', name: 'Completed' } : crashed(outcome)
  }
  if (outcome.kind === 'completed') {
    if (state !== 'PENDING' && state !== 'RUNNING') return null
    const reason = 'The process ended with exit code 0, but the flow run reported no end.'
    return crashed({ ...outcome, reason })
  }
  if (state === 'PAUSED') return null
  return crashed(outcome)
}

/** A crash carries its reason, what to do, and the last lines of output. */
function crashed(outcome: Outcome): StateCreateInput {
  const sentences = [outcome.reason ?? 'The infrastructure of the flow run ended without a reason.', outcome.advice]
  const head = sentences.filter((sentence) => sentence !== null).join(' ')
  const tail = outcome.lastLines.length > 0 ? `\nLast lines of output:\n${outcome.lastLines.join('\n')}` : ''
  return { type: 'CRASHED', name: 'Crashed', message: head + tail }
}

/**
 * Proposes the state that an ended attempt makes necessary. The server may refuse: the run ended by itself meanwhile, or
 * belongs to another attempt. Either is fine; `reported` is what it then says.
 */
export async function reportOutcome(
  client: ApiClient,
  attempt: { key: string; flowRunId: string; isCancelled: boolean },
  outcome: Outcome,
  reports: 'engine' | 'worker',
): Promise<{ proposed: StateCreateInput | null; status: string | null }> {
  const run = await readFlowRun(client, attempt.flowRunId).catch((error: unknown) => {
    // The run was deleted: nobody is left to tell.
    if (isAedileError(error, 'api_not_found')) return null
    throw error
  })
  if (!run) return { proposed: null, status: null }
  const state = stateForOutcome({ state: run.state_type, outcome, reports, isCancelled: attempt.isCancelled })
  if (!state) return { proposed: null, status: null }
  const answer = await setFlowRunState(client, attempt.flowRunId, state, { attempt: attempt.key })
  return { proposed: state, status: answer.status }
}
