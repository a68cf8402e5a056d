import { isTerminal } from '@aedile/core/states'
import type { FlowRunTable } from '../../store/tables.ts'
import { lapseAttempt } from '../attempts/claim.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'

/**
 * When a run leaves its final state, or was cancelled before anything was intended, its attempt is no longer the
 * present one: what comes late from it is fenced, and a late intent is refused.
 */
export const giveUpAttempt: Rule<FlowRunTable> = {
  name: 'GiveUpAttempt',
  from: ANY_OR_NONE,
  to: ANY,
  universal: true,
  apply(transition) {
    return {
      async after() {
        const { transaction, run, initial, proposed } = transition
        if (proposed === null || initial === null || run.attempt_key === null) return
        if (isTerminal(initial.type) && !isTerminal(proposed.type)) {
          run.attempt_key = null
          run.infrastructure_status = null
        } else if (proposed.type === 'CANCELLED' && (await lapseAttempt(transaction, run.attempt_key))) {
          run.attempt_key = null
        }
      },
    }
  },
}
