import { cancel } from '@aedile/core/attempts/transitions'
import type { FlowRunTable } from '../../store/tables.ts'
import { fromRow, lockAttempt, runFacts } from '../attempts/attempt-row.ts'
import type { Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'

/** Before an attempt's intent nothing exists in the world, and after its report nothing does: the run is Cancelled at once. */
export const cancelUnstartedAttempt: Rule<FlowRunTable> = {
  name: 'CancelUnstartedAttempt',
  from: ['SCHEDULED', 'PENDING'],
  to: ['CANCELLING'],
  async apply(transition) {
    const { transaction, run } = transition
    if (run.attempt_key === null) return undefined
    const attempt = await lockAttempt(transaction, run.attempt_key)
    if (attempt === null || cancel(runFacts(run), fromRow(attempt)) === 'cancelling') return undefined
    transition.reject(buildState({ type: 'CANCELLED' }), 'Scheduled flow run has no infrastructure to terminate.')
    return undefined
  },
}
