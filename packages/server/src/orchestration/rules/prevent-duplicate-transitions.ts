import type { FlowRunTable } from '../../store/tables.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'

/** A client that lost the answer sends the same transition again: it gets the present state, nothing is written. */
export const preventDuplicateTransitions: Rule<FlowRunTable> = {
  name: 'PreventDuplicateTransitions',
  from: ANY_OR_NONE,
  to: ANY,
  apply(transition) {
    const { initial, proposed, run, client } = transition
    const id = proposed?.state_details.transition_id
    if (!id || initial?.state_details.transition_id !== id) return undefined
    // An Aedile worker repeats its claim with the attempt key as the transition's id: the same claim, the same answer.
    if (client.attemptHeader === id && run.attempt_key === id) transition.acceptAgain()
    else transition.reject(null, 'This run has already made this state transition.')
    return undefined
  },
}
