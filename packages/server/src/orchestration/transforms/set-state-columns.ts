import type { TaskRunTable } from '../../store/tables.ts'
import { transform } from './transform.ts'

/** The columns that flow runs and task runs have in common. */
export type RunColumns = Pick<
  TaskRunTable,
  | 'id'
  | 'state_id'
  | 'state_type'
  | 'state_name'
  | 'state_timestamp'
  | 'start_time'
  | 'end_time'
  | 'total_run_time'
  | 'expected_start_time'
  | 'next_scheduled_start_time'
>

/** The run's copy of its present state: id, type, name, timestamp. */
export const setStateColumns = transform<RunColumns>('SetStateColumns', ({ run, proposed }) => {
  run.state_id = proposed.id
  run.state_type = proposed.type
  run.state_name = proposed.name
  run.state_timestamp = proposed.timestamp
})
