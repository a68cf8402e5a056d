import type { FlowRunTable } from '../../store/tables.ts'
import { allBut, type Rule } from '../rule.ts'

/** A run that is being cancelled ends as Cancelled and in no other way. */
export const enforceCancellingToCancelled: Rule<FlowRunTable> = {
  name: 'EnforceCancellingToCancelled',
  from: ['CANCELLING'],
  to: allBut('CANCELLED'),
  apply(transition) {
    transition.reject(null, 'Cannot transition flows that are cancelling to a state other than Cancelled.')
    return undefined
  },
}
