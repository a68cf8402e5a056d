import { TERMINAL_STATE_TYPES } from '@aedile/core/states'
import type { FlowRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'
import { DISCARDS_RESULT, discardsResult } from './handle-flow-terminal-state.ts'

/** Not even a forced transition may lose the result of a completed run. */
export const preventResultDataLoss: Rule<FlowRunTable> = {
  name: 'PreventResultDataLoss',
  from: TERMINAL_STATE_TYPES,
  to: TERMINAL_STATE_TYPES,
  apply(transition) {
    const { initial, proposed } = transition
    if (initial && proposed && discardsResult(initial, proposed)) transition.reject(null, DISCARDS_RESULT)
    return undefined
  },
}
