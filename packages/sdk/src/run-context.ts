import { AsyncLocalStorage } from 'node:async_hooks'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { FlowScope, TaskScope } from './engine/scope.ts'
import type { Session } from './session.ts'

/** What runs here: the session, the innermost flow run and, inside a task, the task run. */
export type RunContextStore = { session: Session; flow: FlowScope | null; task: TaskScope | null }

/**
 * One storage for all copies of this package in a process: a flow file may have loaded another copy than the executor
 * that runs it.
 */
const KEY = Symbol.for('aedile.sdk.run-context.v1')
type Shared = { [KEY]?: AsyncLocalStorage<RunContextStore> }

/** The storage of the run that is going on. */
export function runContextStorage(): AsyncLocalStorage<RunContextStore> {
  const shared = globalThis as Shared
  shared[KEY] ??= new AsyncLocalStorage<RunContextStore>()
  return shared[KEY]
}

/** What the code that calls this is running in. */
export type RunContext = {
  flowName: string | null
  flowRun: Pick<FlowRun, 'id' | 'name' | 'parameters' | 'tags' | 'run_count' | 'deployment_id'> | null
  taskName: string | null
  taskRun: { id: string; name: string; runCount: number } | null
  /** Fires when the run is cancelled, timed out or interrupted: hand it to everything that waits. */
  signal: AbortSignal
}

/** The run that this code belongs to; null outside of any. */
export function runContext(): RunContext | null {
  const store = runContextStorage().getStore()
  if (!store || (!store.flow && !store.task)) return null
  const { flow, task } = store
  return {
    flowName: flow?.definition.name ?? null,
    flowRun: flow?.record.flowRun ?? null,
    taskName: task?.definition.name ?? null,
    taskRun: task ? { id: task.taskRun.id, name: task.taskRun.name, runCount: task.taskRun.runCount } : null,
    signal: task?.signal ?? flow?.signal ?? new AbortController().signal,
  }
}
