import { isTerminal, type StateType } from '@aedile/core/states'
import { MICROSECONDS_PER_SECOND, type Microseconds } from '@aedile/core/time'
import type { TaskRunTable } from '../../store/tables.ts'

type Timed = Pick<TaskRunTable, 'state_type' | 'state_timestamp' | 'total_run_time' | 'start_time' | 'expected_start_time'>

/** Seconds that a run has been Running, with the present stay. Source: WC 6.3. */
export function estimateRunTime(run: Timed, now: Microseconds): number {
  const present = run.state_type === 'RUNNING' && run.state_timestamp !== null ? Math.max(0, now - run.state_timestamp) : 0
  return (run.total_run_time + present) / MICROSECONDS_PER_SECOND
}

/** Seconds that a run started, or waits to start, later than expected; 0 when it is not late. */
export function estimateLateness(run: Timed, now: Microseconds): number {
  if (run.expected_start_time === null) return 0
  if (run.start_time !== null) return Math.max(0, run.start_time - run.expected_start_time) / MICROSECONDS_PER_SECOND
  if (isTerminal(run.state_type as StateType | null)) return 0
  return Math.max(0, now - run.expected_start_time) / MICROSECONDS_PER_SECOND
}
