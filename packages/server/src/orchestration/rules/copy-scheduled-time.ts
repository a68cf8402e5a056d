import type { Rule } from '../rule.ts'

/** A pending run still knows when it was scheduled for. */
export const copyScheduledTime: Rule<unknown> = {
  name: 'CopyScheduledTime',
  from: ['SCHEDULED'],
  to: ['PENDING'],
  apply({ initial, proposed }) {
    if (initial && proposed) proposed.state_details.scheduled_time ??= initial.state_details.scheduled_time
    return undefined
  },
}
