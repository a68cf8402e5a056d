import { fence, isRefusal } from '@aedile/core/attempts/transitions'
import type { FlowRunTable } from '../../store/tables.ts'
import { runFacts } from '../attempts/attempt-row.ts'
import { isClaim } from '../attempts/claim.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'

/**
 * A proposal that names another attempt than the run's present one comes from something that was given up: it is refused,
 * forced or not. A claim names the attempt that it is about to begin.
 */
export const fenceAttempt: Rule<FlowRunTable> = {
  name: 'FenceAttempt',
  from: ANY_OR_NONE,
  to: ANY,
  apply(transition) {
    if (isClaim(transition)) return undefined
    const refusal = fence(runFacts(transition.run), transition.client.attemptHeader)
    if (refusal !== null && isRefusal(refusal)) transition.abort(refusal.refused)
    return undefined
  },
}
