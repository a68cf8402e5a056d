import type { Rule } from '../rule.ts'

/**
 * Pending is the claim of a run: of two workers that propose it, one finds the run Pending already and is refused. A run
 * may go on through Pending states of other names.
 */
export const preventPendingTransitions: Rule<unknown> = {
  name: 'PreventPendingTransitions',
  from: ['PENDING', 'CANCELLING', 'RUNNING', 'CANCELLED'],
  to: ['PENDING'],
  apply(transition) {
    const { initial, proposed } = transition
    if (initial === null || proposed === null) return undefined
    if (initial.type === 'PENDING' && initial.name !== proposed.name && proposed.name !== 'Pending') {
      proposed.state_details.scheduled_time = initial.state_details.scheduled_time
      proposed.state_details.deployment_concurrency_lease_id = initial.state_details.deployment_concurrency_lease_id
    } else {
      transition.abort(`This run is in a ${initial.type} state and cannot transition to a PENDING state.`)
    }
    return undefined
  },
}
