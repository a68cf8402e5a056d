import type { OrchestrationResult } from '@aedile/core/resources/state'
import type { Microseconds } from '@aedile/core/time'
import { type RunState, toWireState } from './run-state.ts'
import type { Transition } from './transition.ts'

export type StateAnswer = {
  result: OrchestrationResult
  /** True when a state was written since the request began: the answer is 201, otherwise 200. */
  created: boolean
}

/** The verdict as the API answers it. */
export function answerOf(transition: Pick<Transition<unknown>, 'proposed' | 'initial' | 'verdict' | 'now'>): StateAnswer {
  const state = transition.proposed ?? transition.initial
  return {
    result: { state: state === null ? null : toWireState(state), ...transition.verdict },
    created: state !== null && state.timestamp >= transition.now,
  }
}

/** A proposal may have waited for its unit of work: its time is the one at which it is looked at. */
export function startOf(proposed: RunState, now: Microseconds): RunState {
  return { ...proposed, state_details: { ...proposed.state_details }, timestamp: Math.max(proposed.timestamp, now) }
}
