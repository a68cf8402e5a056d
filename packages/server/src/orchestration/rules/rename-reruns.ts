import type { TaskRunTable } from '../../store/tables.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'

/** A task that runs again says so in its state's name. */
export const renameReruns: Rule<TaskRunTable> = {
  name: 'RenameReruns',
  from: ANY_OR_NONE,
  to: ['RUNNING'],
  apply({ run, initial, proposed }) {
    if (proposed && initial && run.run_count > 0) {
      proposed.name = initial.name === 'AwaitingRetry' ? 'Retrying' : 'Rerunning'
    }
    return undefined
  },
}
