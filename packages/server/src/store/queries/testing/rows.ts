import type { DeploymentTable, FlowRunTable, FlowTable, TaskRunTable } from '../../tables.ts'

/** Rows with everything that a table demands, for tests that care about a few columns. */
const stored = { created: 1_000_000, updated: 1_000_000 }

/** A readable id: the number at the end of a UUID. */
export function testId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

export function flowRow(number: number, columns: Partial<FlowTable> = {}): FlowTable {
  return { id: testId(number), ...stored, name: `flow-${number}`, tags: '[]', labels: '{}', ...columns }
}

export function flowRunRow(number: number, columns: Partial<FlowRunTable> & { flow_id: string }): FlowRunTable {
  return {
    id: testId(number),
    ...stored,
    name: `run-${number}`,
    deployment_id: null,
    deployment_version: null,
    work_queue_id: null,
    work_queue_name: null,
    flow_version: null,
    parameters: '{}',
    idempotency_key: null,
    context: '{}',
    empirical_policy: '{}',
    retry_type: null,
    tags: '[]',
    labels: '{}',
    parent_task_run_id: null,
    state_id: null,
    state_type: null,
    state_name: null,
    state_timestamp: null,
    run_count: 0,
    expected_start_time: null,
    next_scheduled_start_time: null,
    start_time: null,
    end_time: null,
    total_run_time: 0,
    auto_scheduled: 0,
    infrastructure_document_id: null,
    infrastructure_pid: null,
    created_by: null,
    job_variables: null,
    attempt_key: null,
    lapses: 0,
    child_heard_at: null,
    infrastructure_status: null,
    ...columns,
  }
}

export function taskRunRow(number: number, columns: Partial<TaskRunTable> = {}): TaskRunTable {
  return {
    id: testId(number),
    ...stored,
    name: `task-${number}`,
    flow_run_id: null,
    task_key: 'task',
    dynamic_key: String(number),
    cache_key: null,
    cache_expiration: null,
    task_version: null,
    empirical_policy: '{}',
    tags: '[]',
    labels: '{}',
    task_inputs: '{}',
    state_id: null,
    state_type: null,
    state_name: null,
    state_timestamp: null,
    run_count: 0,
    flow_run_run_count: 0,
    expected_start_time: null,
    next_scheduled_start_time: null,
    start_time: null,
    end_time: null,
    total_run_time: 0,
    ...columns,
  }
}

export function deploymentRow(number: number, columns: Partial<DeploymentTable> & { flow_id: string }): DeploymentTable {
  return {
    id: testId(number),
    ...stored,
    name: `deployment-${number}`,
    version: null,
    description: null,
    paused: 0,
    concurrency_limit_id: null,
    concurrency_options: null,
    job_variables: '{}',
    parameters: '{}',
    tags: '[]',
    labels: '{}',
    work_queue_id: null,
    work_queue_name: null,
    last_polled: null,
    parameter_openapi_schema: null,
    path: null,
    pull_steps: null,
    entrypoint: null,
    storage_document_id: null,
    infrastructure_document_id: null,
    created_by: null,
    updated_by: null,
    status: 'NOT_READY',
    enforce_parameter_schema: 1,
    ...columns,
  }
}
