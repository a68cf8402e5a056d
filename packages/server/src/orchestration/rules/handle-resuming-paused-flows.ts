import { isTerminal } from '@aedile/core/states'
import { parseTimestamp } from '@aedile/core/time'
import type { FlowRunTable } from '../../store/tables.ts'
import { writeFlowRunPolicy } from '../policy.ts'
import { ANY, type Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'

/** Says how a run may leave a pause, and fails one whose pause has run out. */
export const handleResumingPausedFlows: Rule<FlowRunTable> = {
  name: 'HandleResumingPausedFlows',
  from: ['PAUSED'],
  to: ANY,
  apply(transition) {
    const { run, initial, proposed, now } = transition
    if (initial === null || proposed === null) return undefined
    const resumed = { after: () => writeFlowRunPolicy(run, { resuming: true }) }
    const { type } = proposed
    const allowed = type === 'RUNNING' || type === 'SCHEDULED' || type === 'CANCELLING' || isTerminal(type)
    if (!allowed) {
      transition.reject(
        null,
        `This run cannot transition to the StateType.${type} state from the StateType.${initial.type} state.`,
      )
      return resumed
    }
    const name = proposed.name.toLowerCase()
    if (initial.state_details.pause_reschedule && run.deployment_id === null) {
      transition.reject(null, `Cannot reschedule a ${name} flow run without a deployment.`)
      return resumed
    }
    // A process that waits in a pause must learn of its cancellation, also when the pause has run out.
    if (type === 'CANCELLING') return resumed
    const timeout = parseTimestamp(initial.state_details.pause_timeout)
    if (timeout !== null && timeout < now) {
      const verb = proposed.name === 'Suspended' ? 'suspend' : 'pause'
      transition.reject(
        buildState({ type: 'FAILED', message: `The flow was ${name} and never resumed.` }),
        `The flow run ${verb} has timed out and can no longer resume.`,
      )
    }
    return resumed
  },
}
