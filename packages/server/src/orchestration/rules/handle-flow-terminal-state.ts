import { isJsonObject } from '@aedile/core/json'
import { isTerminal, TERMINAL_STATE_TYPES } from '@aedile/core/states'
import type { FlowRunTable } from '../../store/tables.ts'
import { knowsPauses } from '../client-facts.ts'
import { writeFlowRunPolicy } from '../policy.ts'
import { ANY, type Rule } from '../rule.ts'
import type { RunState } from '../run-state.ts'

/** Says how a run may leave a final state, and forgets its pauses when it does. */
export const handleFlowTerminalState: Rule<FlowRunTable> = {
  name: 'HandleFlowTerminalState',
  from: TERMINAL_STATE_TYPES,
  to: ANY,
  apply(transition) {
    const { run, initial, proposed, client } = transition
    if (initial === null || proposed === null) return undefined
    if (proposed.type === 'CANCELLING' || proposed.type === 'PAUSED' || proposed.type === 'CRASHED') {
      transition.abort(`Run is already in terminal state ${initial.type}.`)
      return undefined
    }
    if (initial.type === 'COMPLETED' && hasPersistedResult(initial)) {
      if (!isTerminal(proposed.type)) {
        transition.reject(null, 'Run is already COMPLETED.')
        return undefined
      }
      if (discardsResult(initial, proposed)) {
        transition.reject(null, DISCARDS_RESULT)
        return undefined
      }
    }
    if (proposed.type === 'SCHEDULED' && run.deployment_id === null) {
      transition.abort('Cannot reschedule a run without an associated deployment.')
      return undefined
    }
    if (isTerminal(proposed.type) || !knowsPauses(client.apiVersion)) return undefined
    const { empirical_policy, retry_type } = run
    const rescheduled = proposed.type === 'SCHEDULED'
    writeFlowRunPolicy(run, { resuming: false, pause_keys: [], retry_type: rescheduled ? 'reschedule' : null })
    return { undo: () => void Object.assign(run, { empirical_policy, retry_type }) }
  },
}

/** The reason when a completed state without a result would replace one that has it. */
export const DISCARDS_RESULT = 'Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.'

/** True when the state's data says where a result is kept. */
export function hasPersistedResult(state: RunState): boolean {
  return isResult(state) && Object.keys(state.data as object).length > 0
}

/** True when the proposal would lose the result of a completed run. */
export function discardsResult(initial: RunState, proposed: RunState): boolean {
  const completed = initial.type === 'COMPLETED' && proposed.type === 'COMPLETED'
  return completed && hasPersistedResult(initial) && !isResult(proposed)
}

function isResult({ data }: RunState): boolean {
  return isJsonObject(data) && data.type !== 'unpersisted'
}
