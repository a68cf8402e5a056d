import type { FlowRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'

/**
 * A genuine engine that its worker ends takes the signal for a crash and forces that state. While the run is being
 * cancelled, the attempt's own child has nothing to say about the end: the worker reports Cancelled when all is gone.
 */
export const leaveEndToCanceller: Rule<FlowRunTable> = {
  name: 'LeaveEndToCanceller',
  from: ['CANCELLING'],
  to: ['CRASHED'],
  apply(transition) {
    const { client, run } = transition
    if (client.attemptHeader === null || client.attemptHeader !== run.attempt_key) return undefined
    transition.reject(null, 'The run is being cancelled: its worker reports the end.')
    return undefined
  },
}
