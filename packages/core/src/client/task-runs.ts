import type { OrchestrationResult, State, StateCreateInput } from '../resources/state.ts'
import type { TaskRun, TaskRunCreate } from '../resources/task-run.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, numberAnswer, objectOf } from './decode.ts'
import type { Filters, Page } from './filter-body.ts'
import { proposeState, type SetStateOptions } from './set-state.ts'

/** Creates a task run, or answers the one with the same flow run, task key and dynamic key. */
export function createTaskRun(client: ApiClient, body: TaskRunCreate, call?: CallOptions): Promise<TaskRun> {
  return client.request('POST', '/task_runs/', { ...call, body, schema: objectOf<TaskRun>(), retry: 'always' })
}

export function readTaskRun(client: ApiClient, id: string, call?: CallOptions): Promise<TaskRun> {
  return client.request('GET', `/task_runs/${id}`, { ...call, schema: objectOf<TaskRun>() })
}

export function updateTaskRun(client: ApiClient, id: string, body: { name: string }, call?: CallOptions): Promise<void> {
  return client.request('PATCH', `/task_runs/${id}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteTaskRun(client: ApiClient, id: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', `/task_runs/${id}`, { ...call, schema: noAnswer })
}

export function filterTaskRuns(client: ApiClient, body: Filters & Page = {}, call?: CallOptions): Promise<TaskRun[]> {
  return client.request('POST', '/task_runs/filter', { ...call, body, schema: listOf<TaskRun>(), retry: 'always' })
}

export function countTaskRuns(client: ApiClient, body: Filters = {}, call?: CallOptions): Promise<number> {
  return client.request('POST', '/task_runs/count', { ...call, body, schema: numberAnswer, retry: 'always' })
}

/** Proposes a state of a task run. Ordinary task runs are reported as events instead. */
export function setTaskRunState(
  client: ApiClient,
  id: string,
  state: StateCreateInput,
  options?: SetStateOptions,
): Promise<OrchestrationResult> {
  return proposeState(client, `/task_runs/${id}/set_state`, { task_run_id: id }, state, options)
}

/** The states that a task run went through, oldest first. */
export function readTaskRunStates(client: ApiClient, taskRunId: string, call?: CallOptions): Promise<State[]> {
  return client.request('GET', '/task_run_states/', { ...call, query: { task_run_id: taskRunId }, schema: listOf<State>() })
}
