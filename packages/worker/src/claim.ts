import type { ApiClient } from '@aedile/core/client/client'
import { setFlowRunState } from '@aedile/core/client/flow-runs'
import { uuid7 } from '@aedile/core/client/uuid7'
import type { AttemptKey } from '@aedile/core/infrastructure-definition'
import type { FlowRun } from '@aedile/core/resources/flow-run'

/** Makes the key of a new attempt. It is known before the claim is sent, so also when the answer is lost. */
export function makeAttemptKey(): AttemptKey {
  return uuid7()
}

/**
 * Claims a run: proposes Pending with the attempt key as its transition id. True when the run is this attempt's. False when
 * somebody else was faster, or the run has to wait for a slot. The same claim again gets the same answer.
 */
export async function claimRun(client: ApiClient, flowRunId: string, key: AttemptKey, worker: string): Promise<boolean> {
  const answer = await setFlowRunState(
    client,
    flowRunId,
    { type: 'PENDING', name: 'Pending' },
    { transitionId: key, attempt: key, headers: canName(worker) ? { 'x-prefect-worker-name': worker } : {} },
  )
  return answer.status === 'ACCEPT'
}

/** True when the name can stand in a header. */
function canName(worker: string): boolean {
  return /^[\x20-\x7e]+$/.test(worker)
}

/** True when the run's present state is this attempt's claim, or what followed from it before anything was started. */
export function isClaimedBy(run: Pick<FlowRun, 'state'>, key: AttemptKey): boolean {
  return run.state?.type === 'PENDING' && run.state.state_details.transition_id === key
}
