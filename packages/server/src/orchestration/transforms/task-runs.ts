import type { TaskRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'
import { incrementTaskRunCount } from './count-task-run.ts'
import { setStateColumns } from './set-state-columns.ts'
import { incrementRunTime, setEndTime, setExpectedStartTime, setNextScheduledStartTime, setStartTime } from './set-times.ts'
import { nameTaskRunInState } from './update-state-details.ts'

/** What every transition of a task run writes, in this order. Source: WC 3.4. */
export const taskRunTransforms: readonly Rule<TaskRunTable>[] = [
  setStateColumns,
  setStartTime,
  setEndTime,
  incrementRunTime,
  incrementTaskRunCount,
  setExpectedStartTime,
  setNextScheduledStartTime,
  nameTaskRunInState,
]
