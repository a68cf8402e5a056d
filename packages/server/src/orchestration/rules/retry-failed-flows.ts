import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { knowsPauses, triesTasksAgain } from '../client-facts.ts'
import { readFlowRunPolicy, writeFlowRunPolicy } from '../policy.ts'
import type { Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'
import { changeTaskRunState } from '../set-task-run-state.ts'

/** A failed run that has retries left is scheduled again, in the same process: workers do not see it, its slot is kept. */
export const retryFailedFlows: Rule<FlowRunTable> = {
  name: 'RetryFailedFlows',
  from: ['RUNNING'],
  to: ['FAILED'],
  async apply(transition) {
    const { run, initial, proposed, client } = transition
    if (initial === null || proposed === null) return undefined
    const policy = readFlowRunPolicy(run)
    if (policy.retries === null || run.run_count > policy.retries) {
      writeFlowRunPolicy(run, { retry_type: null })
      return undefined
    }
    const due = nowMicroseconds() + (policy.retry_delay ?? 0) * MICROSECONDS_PER_SECOND
    const scheduled_time = formatTimestamp(due)
    if (!triesTasksAgain(client.apiVersion)) await resetFailedTasks(transition.transaction, run.id, scheduled_time)
    if (knowsPauses(client.apiVersion)) {
      writeFlowRunPolicy(run, { resuming: false, pause_keys: [], retry_type: 'in_process' })
    }
    const retry = buildState({
      type: 'SCHEDULED',
      name: 'AwaitingRetry',
      message: proposed.message,
      data: proposed.data,
      details: {
        scheduled_time,
        deployment_concurrency_lease_id: initial.state_details.deployment_concurrency_lease_id,
      },
    })
    transition.reject(retry, 'Retrying')
    return undefined
  },
}

/** Clients before 0.8.3 expect the server to schedule the failed tasks of a flow that is tried again. */
async function resetFailedTasks(transaction: Transaction, flowRunId: string, scheduled_time: string): Promise<void> {
  const { db } = transaction
  const failed = db.selectFrom('task_run').select('id').where('flow_run_id', '=', flowRunId).where('state_type', '=', 'FAILED')
  for (const { id } of await failed.execute()) {
    const proposed = buildState({ type: 'SCHEDULED', name: 'AwaitingRetry', details: { scheduled_time } })
    await changeTaskRunState(transaction, { taskRunId: id, proposed, force: true })
    await db.updateTable('task_run').set({ run_count: 0 }).where('id', '=', id).execute()
  }
}
