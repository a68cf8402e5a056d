import { isTerminal, type StateType } from '@aedile/core/states'
import type { Colors } from './printer.ts'

/** A state's name in the colour of its type. */
export function stateText(color: Colors, run: { state_type: StateType | null; state_name: string | null }): string {
  const name = run.state_name ?? 'no state'
  if (run.state_type === 'COMPLETED') return color.green(name)
  if (run.state_type === 'RUNNING') return color.cyan(name)
  if (run.state_type === 'FAILED' || run.state_type === 'CRASHED') return color.red(name)
  if (isTerminal(run.state_type) || run.state_type === 'CANCELLING') return color.yellow(name)
  return name
}

/** A time as people read it, in UTC and to the second. */
export function timeText(time: string | null): string {
  return time === null ? '' : time.slice(0, 19).replace('T', ' ')
}
