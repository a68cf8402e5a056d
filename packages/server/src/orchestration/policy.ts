import { type FlowRunPolicy, flowRunPolicy } from '@aedile/core/resources/flow-run'
import { type TaskRunPolicy, taskRunPolicy } from '@aedile/core/resources/task-run'
import type { FlowRunTable, TaskRunTable } from '../store/tables.ts'

/** Reads a flow run's policy: retries, pauses. */
export function readFlowRunPolicy(run: Pick<FlowRunTable, 'empirical_policy'>): FlowRunPolicy {
  return flowRunPolicy.parse(JSON.parse(run.empirical_policy))
}

/** Changes a flow run's policy, and the column that dispatch selects on. */
export function writeFlowRunPolicy(run: FlowRunTable, change: Partial<FlowRunPolicy>): void {
  const policy = { ...readFlowRunPolicy(run), ...change }
  run.empirical_policy = JSON.stringify(policy)
  run.retry_type = policy.retry_type
}

/** Reads a task run's policy. */
export function readTaskRunPolicy(run: Pick<TaskRunTable, 'empirical_policy'>): TaskRunPolicy {
  return taskRunPolicy.parse(JSON.parse(run.empirical_policy))
}
