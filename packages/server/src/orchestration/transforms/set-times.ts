import { isTerminal } from '@aedile/core/states'
import { scheduledTime } from '../run-state.ts'
import type { RunColumns } from './set-state-columns.ts'
import { transform } from './transform.ts'

/** The first time that the run was Running. */
export const setStartTime = transform<RunColumns>('SetStartTime', ({ run, proposed }) => {
  if (proposed.type === 'RUNNING') run.start_time ??= proposed.timestamp
})

/** When the run ended; empty again when it leaves its final state. A run that never ran starts when it ends. */
export const setEndTime = transform<RunColumns>('SetEndTime', ({ run, initial, proposed }) => {
  if (!isTerminal(proposed.type)) {
    if (isTerminal(initial?.type)) run.end_time = null
  } else if (run.end_time === null) {
    run.start_time ??= proposed.timestamp
    run.end_time = proposed.timestamp
  }
})

/** Adds the stay in Running that ends. */
export const incrementRunTime = transform<RunColumns>('IncrementRunTime', ({ run, initial, proposed }) => {
  if (initial?.type === 'RUNNING') run.total_run_time += proposed.timestamp - initial.timestamp
})

/** When the run was first expected to start; never moved afterwards. */
export const setExpectedStartTime = transform<RunColumns>('SetExpectedStartTime', ({ run, proposed }) => {
  run.expected_start_time ??= proposed.type === 'SCHEDULED' ? scheduledTime(proposed) : proposed.timestamp
})

/** When a scheduled run is due; empty in every other state. */
export const setNextScheduledStartTime = transform<RunColumns>('SetNextScheduledStartTime', ({ run, initial, proposed }) => {
  if (initial?.type === 'SCHEDULED') run.next_scheduled_start_time = null
  if (proposed.type === 'SCHEDULED') run.next_scheduled_start_time = scheduledTime(proposed)
})
