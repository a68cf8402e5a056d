import { constants } from 'node:os'
import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { exitCodeHint } from '@aedile/core/exit-codes'
import type { Outcome, Reporter } from '@aedile/core/infrastructure-definition'
import type { StateCreateInput } from '@aedile/core/resources/state'
import { isTerminal, STATE_TYPES, type StateType } from '@aedile/core/states'
import { isLoss } from '../backoff.ts'
import type { Conclusion } from '../ledger/ledger.ts'

/** What a run's state says when its attempt has ended, and who was to report. */
export type EndFacts = {
  state: StateType | null
  outcome: Outcome
  reports: Reporter
  isCancelled: boolean
  /** False when the run never began to run; true where it is not said. */
  hasRun?: boolean
  /** False when nothing was started for it; true where it is not said. */
  hasThing?: boolean
}

/**
 * The state to propose for an ended attempt, or null when the run needs none: the child reported by itself, or the run
 * waits for something else (a retry by schedule, a resumption).
 */
export function stateForOutcome(facts: EndFacts): StateCreateInput | null {
  const { state, outcome, reports, isCancelled } = facts
  // A genuine engine that is told to end says Crashed by itself: it does not know that it is cancelled.
  if (isTerminal(state) && !(isCancelled && state === 'CRASHED')) return null
  if (isCancelled || state === 'CANCELLING') {
    return { type: 'CANCELLED', name: 'Cancelled', message: describeCancellation(facts) }
  }
  // Only an engine schedules a retry, or suspends the run that it is in.
  const isPlain = reports === 'worker' || (reports === 'either' && state !== 'SCHEDULED' && state !== 'PAUSED')
  if (isPlain) {
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

/** In the words of a genuine worker, and of a genuine runner for a run that ran. Source: INF 0.4, A.4. */
function describeCancellation({ hasRun = true, hasThing = true }: EndFacts): string {
  if (hasRun) return 'Flow run was cancelled successfully.'
  return hasThing ? 'Flow run cancelled by worker while pending.' : 'Flow run cancelled by worker (no infrastructure found).'
}

/** How a crash is logged: an end that somebody may have asked for is no error. Source: INF 0.5. */
export function levelOfCrash({ exitCode, signal }: Outcome): 'info' | 'error' {
  const code = signal === null ? exitCode : -(constants.signals[signal as NodeJS.Signals] ?? 0)
  return code === null || code === 0 ? 'error' : exitCodeHint(code).level
}

/** What each state that the run may be in makes necessary. One that is to be cancelled is looked at first. */
export function buildConclusions(outcome: Outcome, reports: EndFacts['reports']): Conclusion[] {
  const byText = new Map<string, Conclusion>()
  for (const state of STATE_TYPES) {
    if (state === 'CANCELLING') continue
    const proposed = stateForOutcome({ state, outcome, reports, isCancelled: false })
    const text = JSON.stringify(proposed)
    const conclusion = byText.get(text) ?? { from: [], state: proposed }
    conclusion.from.push(state)
    byText.set(text, conclusion)
  }
  return [...byText.values()]
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
export type Reported = { key: string; flowRunId: string; isCancelled: boolean; hasThing: boolean }

/**
 * Proposes the state that an ended attempt makes necessary; null when it made none. The server may refuse: the run ended by
 * itself meanwhile, was cancelled, or belongs to another attempt. Then it is asked again what the run needs now.
 * `beforeCancelled` sees to it that nothing of the attempt lives when the run says Cancelled.
 */
export async function reportOutcome(
  client: ApiClient,
  attempt: Reported,
  outcome: Outcome,
  reports: Reporter,
  beforeCancelled: () => Promise<void> = async () => {},
): Promise<StateCreateInput | null> {
  for (let refused: StateType | null = null, tries = 0; tries < MAX_PROPOSALS; tries++) {
    const run = await readState(client, attempt.flowRunId)
    if (run === null || run.state === refused) return null
    const { state } = run
    const { isCancelled, hasThing } = attempt
    const proposed = stateForOutcome({ ...run, outcome, reports, isCancelled, hasThing })
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
async function readState(client: ApiClient, flowRunId: string): Promise<{ state: StateType; hasRun: boolean } | null> {
  try {
    const { state_type, start_time } = await readFlowRun(client, flowRunId)
    return { state: state_type ?? 'PENDING', hasRun: start_time !== null }
  } catch (error) {
    if (isLoss(error)) return null
    throw error
  }
}
