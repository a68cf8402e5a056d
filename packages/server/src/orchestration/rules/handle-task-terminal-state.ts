import { isTerminal, TERMINAL_STATE_TYPES } from '@aedile/core/states'
import type { TaskRunTable } from '../../store/tables.ts'
import { ANY, type Rule } from '../rule.ts'
import { hasPersistedResult } from './handle-flow-terminal-state.ts'

/** Says how a task run may leave a final state. Its retries begin anew when it does. */
export const handleTaskTerminalState: Rule<TaskRunTable> = {
  name: 'HandleTaskTerminalState',
  from: TERMINAL_STATE_TYPES,
  to: ANY,
  async apply(transition) {
    const { transaction, run, initial, proposed } = transition
    if (initial === null || proposed === null) return undefined
    if (proposed.type === 'CANCELLING' || proposed.type === 'PAUSED' || proposed.type === 'CRASHED') {
      transition.abort(`Run is already ${initial.type}.`)
      return undefined
    }
    if (initial.type === 'COMPLETED' && hasPersistedResult(initial)) {
      transition.reject(null, 'This run is already completed.')
      return undefined
    }
    const runCount = run.run_count
    if (!isTerminal(proposed.type)) run.run_count = 0
    if (proposed.type === 'RUNNING' && run.flow_run_id !== null) {
      const flowRun = await transaction.db
        .selectFrom('flow_run')
        .select('run_count')
        .where('id', '=', run.flow_run_id)
        .executeTakeFirst()
      if (flowRun && run.flow_run_run_count < flowRun.run_count) proposed.name = 'Retrying'
    }
    return {
      undo() {
        run.run_count = runCount
      },
    }
  },
}
