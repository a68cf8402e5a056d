import type { FlowRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'

/** Cancelling waits until something is stopped. Where there is nothing to stop, the run is Cancelled at once. */
export const bypassCancellingWithoutInfrastructure: Rule<FlowRunTable> = {
  name: 'BypassCancellingWithoutInfrastructure',
  from: ['SCHEDULED', 'PAUSED'],
  to: ['CANCELLING'],
  apply(transition) {
    const { run, initial } = transition
    if ((initial?.type === 'SCHEDULED' && !run.infrastructure_pid) || initial?.name === 'Resuming') {
      transition.reject(buildState({ type: 'CANCELLED' }), 'Scheduled flow run has no infrastructure to terminate.')
    } else if (initial?.type === 'PAUSED' && initial.state_details.pause_reschedule) {
      transition.reject(buildState({ type: 'CANCELLED' }), 'Suspended flow run has no infrastructure to terminate.')
    }
    return undefined
  },
}
