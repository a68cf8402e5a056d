import type { FlowRunTable } from '../../store/tables.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'

/** Only a scheduled run can be late, and once is enough. */
export const ensureOnlyScheduledMarkedLate: Rule<FlowRunTable> = {
  name: 'EnsureOnlyScheduledMarkedLate',
  from: ANY_OR_NONE,
  to: ['SCHEDULED'],
  apply(transition) {
    const { initial, proposed } = transition
    if (initial === null || proposed?.name !== 'Late') return undefined
    if (initial.type !== 'SCHEDULED') transition.reject(null, 'Only scheduled flows can be marked late.')
    else if (initial.name === 'Late') transition.reject(null, 'This flow run is already marked late.')
    return undefined
  },
}
