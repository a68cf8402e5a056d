import type { FlowRunTable, TaskRunTable } from '../../store/tables.ts'
import { transform } from './transform.ts'

/** A flow run's state names its run. */
export const nameFlowRunInState = transform<FlowRunTable>('NameFlowRunInState', ({ run, proposed }) => {
  proposed.state_details.flow_run_id = run.id
})

/** A task run's state names its run, and the flow run around it. */
export const nameTaskRunInState = transform<TaskRunTable>('NameTaskRunInState', ({ run, proposed }) => {
  proposed.state_details.flow_run_id = run.flow_run_id
  proposed.state_details.task_run_id = run.id
})
