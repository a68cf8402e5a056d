import { MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import type { Rule } from '../rule.ts'
import { scheduledTime } from '../run-state.ts'

/** A run that was taken before its time waits for it. */
export const waitForScheduledTime: Rule<unknown> = {
  name: 'WaitForScheduledTime',
  from: ['SCHEDULED', 'PENDING'],
  to: ['RUNNING'],
  apply(transition) {
    const due = scheduledTime(transition.initial)
    if (due === null) return undefined
    const seconds = Math.round((due - transition.now) / MICROSECONDS_PER_SECOND)
    if (seconds > 0) transition.wait(seconds, 'Scheduled time is in the future')
    return undefined
  },
}
