import type { TaskRunTable } from '../../store/tables.ts'
import { transform } from './transform.ts'

/** Counts how often the task run entered Running. */
export const incrementTaskRunCount = transform<TaskRunTable>('IncrementTaskRunCount', ({ run, proposed }) => {
  if (proposed.type === 'RUNNING') run.run_count += 1
})
