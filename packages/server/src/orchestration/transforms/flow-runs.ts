import type { FlowRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'
import { incrementFlowRunCount, removeResumingIndicator } from './count-flow-run.ts'
import { makeTimestampUnique } from './make-timestamp-unique.ts'
import { setStateColumns } from './set-state-columns.ts'
import { incrementRunTime, setEndTime, setExpectedStartTime, setNextScheduledStartTime, setStartTime } from './set-times.ts'
import { nameFlowRunInState } from './update-state-details.ts'
import { updateSubflowParentTask, updateSubflowStateDetails } from './update-subflow.ts'

/** What every transition of a flow run writes, forced or not, in this order. Source: WC 3.4. */
export const flowRunTransforms: readonly Rule<FlowRunTable>[] = [
  makeTimestampUnique,
  setStateColumns,
  setStartTime,
  setEndTime,
  incrementRunTime,
  setExpectedStartTime,
  setNextScheduledStartTime,
  nameFlowRunInState,
  updateSubflowParentTask,
  updateSubflowStateDetails,
  incrementFlowRunCount,
  removeResumingIndicator,
]
