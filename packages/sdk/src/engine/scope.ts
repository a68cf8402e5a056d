import type { FlowDefinition, TaskDefinition } from '../definition.ts'
import type { RunLogger } from '../logger.ts'
import type { RelatedResource } from '../reporting/related-resources.ts'
import type { FlowRunRecord } from './flow-run-record.ts'
import type { TaskRunTracker } from './task-run-tracker.ts'

/** A flow run while its function is called. */
export type FlowScope = {
  definition: FlowDefinition
  record: FlowRunRecord
  logger: RunLogger
  signal: AbortSignal
  /** Ends the run for a reason of our own: it lost what it needs to go on. */
  lose: (reason: unknown) => void
  related: Promise<RelatedResource[]>
  /** Task runs and subflows that were started and have not ended. */
  pending: Set<Promise<unknown>>
  /** How often each subflow was called: the dynamic key of its tracking task run. */
  subflowCalls: Map<string, number>
  /** Which task run made an object, so that the server can draw what depends on what. */
  madeBy: WeakMap<object, string>
}

/** A task run while its function is called. */
export type TaskScope = {
  definition: TaskDefinition
  taskRun: TaskRunTracker
  logger: RunLogger
  signal: AbortSignal
}
