import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import type { Outcome } from '@aedile/core/infrastructure-definition'
import type { StateCreateInput } from '@aedile/core/resources/state'
import { isTerminal, type StateType } from '@aedile/core/states'
import { isLoss } from '../backoff.ts'

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
  // A genuine engine that is told to end says Crashed by itself: it does not know that it is cancelled.
  if (isTerminal(state) && !(isCancelled && state === 'CRASHED')) return null
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

/** A run whose state changes faster than it can be proposed is left to whoever changes it. */
const MAX_PROPOSALS = 10

/** What the report needs to know of an attempt. */
export type Reported = { key: string; flowRunId: string; isCancelled: boolean }

/**
 * Proposes the state that an ended attempt makes necessary; null when it made none. The server may refuse: the run ended by
 * itself meanwhile, was cancelled, or belongs to another attempt. Then it is asked again what the run needs now.
 * `beforeCancelled` sees to it that nothing of the attempt lives when the run says Cancelled.
 */
export async function reportOutcome(
  client: ApiClient,
  attempt: Reported,
  outcome: Outcome,
  reports: 'engine' | 'worker',
  beforeCancelled: () => Promise<void> = async () => {},
): Promise<StateCreateInput | null> {
  for (let refused: StateType | null = null, tries = 0; tries < MAX_PROPOSALS; tries++) {
    const state = await readStateType(client, attempt.flowRunId)
    if (state === null || state === refused) return null
    const proposed = stateForOutcome({ state, outcome, reports, isCancelled: attempt.isCancelled })
    if (!proposed) return null
    if (proposed.type === 'CANCELLED') await beforeCancelled()
    const options = { attempt: attempt.key, force: isTerminal(state) }
    const answer = await setFlowRunState(client, attempt.flowRunId, proposed, options)
    if (answer.status === 'ACCEPT') return proposed
    refused = state
  }
  return null
}

/** Null when the run was deleted: nobody is left to tell. */
async function readStateType(client: ApiClient, flowRunId: string): Promise<StateType | null> {
  try {
    return (await readFlowRun(client, flowRunId)).state_type ?? 'PENDING'
  } catch (error) {
    if (isLoss(error)) return null
    throw error
  }
}
