import type { FlowRunTable } from '../../store/tables.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'
import { copyState } from '../run-state.ts'
import { changeTaskRunState, lockTaskRun } from '../set-task-run-state.ts'
import { transform } from './transform.ts'

/** The task run that stands for a subflow in its parent has the same state. */
export const updateSubflowParentTask: Rule<FlowRunTable> = {
  name: 'UpdateSubflowParentTask',
  from: ANY_OR_NONE,
  to: ANY,
  universal: true,
  apply(transition) {
    const { transaction, run } = transition
    const parent = run.parent_task_run_id
    if (parent === null) return undefined
    return {
      async after() {
        // The parent may come as an event that is later than its child's states.
        if (transition.proposed === null || (await lockTaskRun(transaction, parent)) === null) return
        const copy = copyState(transition.proposed)
        copy.state_details.child_flow_run_id = run.id
        await changeTaskRunState(transaction, { taskRunId: parent, proposed: copy, force: true })
      },
    }
  },
}

/** A subflow's state names the task run that stands for it. */
export const updateSubflowStateDetails = transform<FlowRunTable>('UpdateSubflowStateDetails', ({ run, proposed }) => {
  if (run.parent_task_run_id !== null) proposed.state_details.task_run_id = run.parent_task_run_id
})
