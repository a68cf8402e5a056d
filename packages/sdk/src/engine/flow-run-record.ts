import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { State, StateCreateInput } from '@aedile/core/resources/state'

export type RecordedState = Pick<State, 'id' | 'type' | 'name' | 'timestamp' | 'message' | 'data'> & {
  state_details: Partial<State['state_details']>
}

/**
 * Where a flow run and its states are kept: on a server, or in this process when there is none. Both decide about
 * proposals, so the engine knows no difference.
 */
export interface FlowRunRecord {
  readonly flowRun: FlowRun
  /** True when a server keeps it. */
  readonly recorded: boolean
  /**
   * Proposes a state and returns the one that the run is in then: the proposed one, or another when it was rejected.
   * Waits when told to. Throws `flow_run_aborted` or `flow_run_paused` when the run may not go on here.
   */
  propose(state: StateCreateInput, options?: { force?: boolean; signal?: AbortSignal }): Promise<RecordedState>
  /** Reads the run again. */
  refresh(): Promise<void>
}
