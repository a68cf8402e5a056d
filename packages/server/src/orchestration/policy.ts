import { type FlowRunPolicy, flowRunPolicy } from '@aedile/core/resources/flow-run'
import { type TaskRunPolicy, taskRunPolicy } from '@aedile/core/resources/task-run'
import type { FlowRunTable, TaskRunTable } from '../store/tables.ts'

// What is stored passed the schema when it came in; later fields have their defaults.
const NO_FLOW_RUN_POLICY: FlowRunPolicy = flowRunPolicy.parse({})
const NO_TASK_RUN_POLICY: TaskRunPolicy = taskRunPolicy.parse({})

/** Reads a flow run's policy: retries, pauses. */
export function readFlowRunPolicy(run: Pick<FlowRunTable, 'empirical_policy'>): FlowRunPolicy {
  return { ...NO_FLOW_RUN_POLICY, ...(JSON.parse(run.empirical_policy) as Partial<FlowRunPolicy>) }
}

/** Changes a flow run's policy, and the column that dispatch selects on. */
export function writeFlowRunPolicy(run: FlowRunTable, change: Partial<FlowRunPolicy>): void {
  const policy = { ...readFlowRunPolicy(run), ...change }
  run.empirical_policy = JSON.stringify(policy)
  run.retry_type = policy.retry_type
}

/** Reads a task run's policy. */
export function readTaskRunPolicy(run: Pick<TaskRunTable, 'empirical_policy'>): TaskRunPolicy {
  return { ...NO_TASK_RUN_POLICY, ...(JSON.parse(run.empirical_policy) as Partial<TaskRunPolicy>) }
}
