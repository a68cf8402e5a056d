import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { FlowRunTable } from '../../store/tables.ts'
import { knowsPauses } from '../client-facts.ts'
import { readFlowRunPolicy, writeFlowRunPolicy } from '../policy.ts'
import type { Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'

/** A failed run that has retries left is scheduled again, in the same process: workers do not see it, its slot is kept. */
export const retryFailedFlows: Rule<FlowRunTable> = {
  name: 'RetryFailedFlows',
  from: ['RUNNING'],
  to: ['FAILED'],
  apply(transition) {
    const { run, initial, proposed, client } = transition
    if (initial === null || proposed === null) return undefined
    const policy = readFlowRunPolicy(run)
    if (policy.retries === null || run.run_count > policy.retries) {
      writeFlowRunPolicy(run, { retry_type: null })
      return undefined
    }
    if (knowsPauses(client.apiVersion)) {
      writeFlowRunPolicy(run, { resuming: false, pause_keys: [], retry_type: 'in_process' })
    }
    const due = nowMicroseconds() + (policy.retry_delay ?? 0) * MICROSECONDS_PER_SECOND
    const retry = buildState({
      type: 'SCHEDULED',
      name: 'AwaitingRetry',
      message: proposed.message,
      data: proposed.data,
      details: {
        scheduled_time: formatTimestamp(due),
        deployment_concurrency_lease_id: initial.state_details.deployment_concurrency_lease_id,
      },
    })
    transition.reject(retry, 'Retrying')
    return undefined
  },
}
