import { AedileError, isAedileError } from '@aedile/core/errors'
import type { StateCreateInput } from '@aedile/core/resources/state'

/** How a run's function ended: the state to propose and, unless it completed, the error that its caller gets. */
export type Ending = { state: StateCreateInput; force?: boolean; value?: unknown; error?: unknown }

/** The end of a flow run whose function threw. Null: the server or a pause took the run from us, nothing is proposed. */
export function endingOfError(error: unknown, flowRunId: string): Ending | null {
  if (isAedileError(error, 'flow_run_aborted') || isAedileError(error, 'flow_run_paused')) return null
  if (isAedileError(error, 'flow_run_cancelled')) {
    return { state: { type: 'CANCELLED', message: 'Flow run was cancelled.' }, force: true, error }
  }
  if (isAedileError(error, 'flow_run_interrupted')) {
    return { state: { type: 'CRASHED', message: error.message }, force: true, error }
  }
  if (isAedileError(error, 'run_timed_out') && error.details.owner === flowRunId) {
    return { state: { type: 'FAILED', name: 'TimedOut', message: error.message }, error }
  }
  return { state: { type: 'FAILED', message: `Flow run encountered an exception: ${describeError(error)}` }, error }
}

/** An error in one line: `TypeError: text`. */
export function describeError(error: unknown): string {
  if (error instanceof AedileError) return `${error.code}: ${error.message}`
  if (error instanceof Error) return `${error.name}: ${error.message}`
  return String(error)
}
