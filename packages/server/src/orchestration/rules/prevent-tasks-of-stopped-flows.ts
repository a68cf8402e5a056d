import type { TaskRunTable } from '../../store/tables.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'
import { buildState, stateOfRow } from '../run-state.ts'

/** A task runs only while the flow around it runs. */
export const preventTasksOfStoppedFlows: Rule<TaskRunTable> = {
  name: 'PreventTasksOfStoppedFlows',
  from: ANY_OR_NONE,
  to: ['RUNNING'],
  async apply(transition) {
    const { transaction, run } = transition
    if (run.flow_run_id === null) return undefined
    const row = await transaction.db
      .selectFrom('flow_run')
      .leftJoin('flow_run_state', 'flow_run_state.id', 'flow_run.state_id')
      .selectAll('flow_run_state')
      .where('flow_run.id', '=', run.flow_run_id)
      .executeTakeFirst()
    if (row === undefined || row.type === 'RUNNING') return undefined
    if (row.type !== 'PAUSED') {
      transition.abort('The enclosing flow must be running to begin task execution.')
      return undefined
    }
    const { pause_timeout, pause_reschedule } = stateOfRow(row as Parameters<typeof stateOfRow>[0]).state_details
    transition.reject(
      buildState({ type: 'PAUSED', name: 'NotReady', details: { pause_timeout, pause_reschedule } }),
      `The flow is paused, new tasks can execute after resuming flow run: ${run.flow_run_id}.`,
    )
    return undefined
  },
}
