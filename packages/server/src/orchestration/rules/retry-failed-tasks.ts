import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { TaskRunTable } from '../../store/tables.ts'
import { readTaskRunPolicy } from '../policy.ts'
import type { Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'
import { spreadDelay } from '../spread-delay.ts'

/** A failed task that has retries left is scheduled again. */
export const retryFailedTasks: Rule<TaskRunTable> = {
  name: 'RetryFailedTasks',
  from: ['RUNNING'],
  to: ['FAILED'],
  apply(transition) {
    const { run, proposed } = transition
    const policy = readTaskRunPolicy(run)
    if (proposed === null || proposed.state_details.retriable === false) return undefined
    if (policy.retries === null || run.run_count > policy.retries) return undefined
    const listed = Array.isArray(policy.retry_delay)
      ? policy.retry_delay[Math.max(0, Math.min(run.run_count - 1, policy.retry_delay.length - 1))]
      : policy.retry_delay
    const base = listed ?? 0
    const seconds = policy.retry_jitter_factor && base > 0 ? spreadDelay(base, policy.retry_jitter_factor) : base
    const due = nowMicroseconds() + Math.round(seconds * MICROSECONDS_PER_SECOND)
    const { message, data } = proposed
    const details = { scheduled_time: formatTimestamp(due) }
    transition.reject(buildState({ type: 'SCHEDULED', name: 'AwaitingRetry', message, data, details }), 'Retrying')
    return undefined
  },
}
