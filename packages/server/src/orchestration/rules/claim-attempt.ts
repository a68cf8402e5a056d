import type { FlowRunTable } from '../../store/tables.ts'
import { beginAttempt, claimRefusal, isClaim } from '../attempts/claim.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'

/**
 * The claim of an Aedile worker: Pending with the attempt key as the transition's id, and the same key in the header.
 * Any other way to Pending is a genuine client's. It gets no attempt, so nothing expires and nothing is fenced.
 */
export const claimAttempt: Rule<FlowRunTable> = {
  name: 'ClaimAttempt',
  from: ANY_OR_NONE.filter((type) => type !== 'PENDING'),
  to: ['PENDING'],
  async apply(transition) {
    const { run } = transition
    if (!isClaim(transition)) {
      return {
        after() {
          run.attempt_key = null
        },
      }
    }
    const refusal = await claimRefusal(transition)
    if (refusal !== null) {
      transition.abort(refusal)
      return undefined
    }
    return { after: () => beginAttempt(transition) }
  },
}
