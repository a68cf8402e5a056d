import type { TaskRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'

/** A background task finds its parameters by the id in its state. */
export const copyTaskParametersId: Rule<TaskRunTable> = {
  name: 'CopyTaskParametersId',
  from: ['SCHEDULED', 'PENDING'],
  to: ['PENDING', 'RUNNING'],
  apply({ initial, proposed }) {
    if (initial && proposed) proposed.state_details.task_parameters_id ??= initial.state_details.task_parameters_id
    return undefined
  },
}
