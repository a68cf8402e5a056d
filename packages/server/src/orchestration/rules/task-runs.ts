import type { TaskRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'
import { copyScheduledTime } from './copy-scheduled-time.ts'
import { copyTaskParametersId } from './copy-task-parameters-id.ts'
import { handleTaskTerminalState } from './handle-task-terminal-state.ts'
import { insertCachedTask } from './insert-cached-task.ts'
import { preventPendingTransitions } from './prevent-pending-transitions.ts'
import { preventTasksOfStoppedFlows } from './prevent-tasks-of-stopped-flows.ts'
import { releaseTaskConcurrencySlots } from './release-task-concurrency-slots.ts'
import { renameReruns } from './rename-reruns.ts'
import { retrieveCachedTask } from './retrieve-cached-task.ts'
import { retryFailedTasks } from './retry-failed-tasks.ts'
import { secureTaskConcurrencySlots } from './secure-task-concurrency-slots.ts'
import { trackFlowRunCount } from './track-flow-run-count.ts'
import { waitForScheduledTime } from './wait-for-scheduled-time.ts'

/** The policies of task runs, in the order of WC 3.2. */

/** What a proposal over HTTP has to pass. */
export const coreTaskPolicy: readonly Rule<TaskRunTable>[] = [
  retrieveCachedTask,
  handleTaskTerminalState,
  preventTasksOfStoppedFlows,
  secureTaskConcurrencySlots,
  copyScheduledTime,
  waitForScheduledTime,
  retryFailedTasks,
  renameReruns,
  trackFlowRunCount,
  insertCachedTask,
  releaseTaskConcurrencySlots,
]

/** What a background task's proposal has to pass. The queue of background tasks reads the outbox. */
export const backgroundTaskPolicy: readonly Rule<TaskRunTable>[] = [
  preventPendingTransitions,
  retrieveCachedTask,
  handleTaskTerminalState,
  copyScheduledTime,
  copyTaskParametersId,
  waitForScheduledTime,
  retryFailedTasks,
  renameReruns,
  trackFlowRunCount,
  insertCachedTask,
  releaseTaskConcurrencySlots,
]

/** What even a forced proposal has to pass. */
export const minimalTaskPolicy: readonly Rule<TaskRunTable>[] = [releaseTaskConcurrencySlots]
