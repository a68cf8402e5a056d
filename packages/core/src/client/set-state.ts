import type { OrchestrationResult, StateCreateInput } from '../resources/state.ts'
import { ATTEMPT_HEADER } from './attempt-header.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { objectOf } from './decode.ts'
import { uuid7 } from './uuid7.ts'

export type SetStateOptions = CallOptions & {
  /** Skips the rules of orchestration. */
  force?: boolean
  /** The id of this proposal; made fresh when not given. The same id again is the same proposal. */
  transitionId?: string
  /** The attempt that proposes: an Aedile server refuses one that is not the run's present attempt. */
  attempt?: string
}

/**
 * Proposes a state. The proposal carries a `transition_id`, so it may be sent again: when the first answer was lost, the
 * server rejects the repetition with the state that the first one made, which is then an acceptance.
 */
export async function proposeState(
  client: ApiClient,
  path: string,
  owner: { flow_run_id: string } | { task_run_id: string },
  state: StateCreateInput,
  options: SetStateOptions = {},
): Promise<OrchestrationResult> {
  const { force = false, transitionId = state.state_details?.transition_id ?? uuid7(), attempt, ...call } = options
  // Null, as genuine clients say it: the server's default for what is left out is false.
  const details = { deferred: null, ...state.state_details, ...owner, transition_id: transitionId }
  const headers = attempt === undefined ? call.headers : { ...call.headers, [ATTEMPT_HEADER]: attempt }
  const body = { state: { ...state, state_details: details }, force }
  const result = await client.request('POST', path, {
    ...call,
    headers,
    body,
    schema: objectOf<OrchestrationResult>(),
    retry: 'always',
  })
  const repeated = result.status === 'REJECT' && result.state?.state_details?.transition_id === transitionId
  return repeated ? { ...result, status: 'ACCEPT', details: { type: 'accept_details' } } : result
}
