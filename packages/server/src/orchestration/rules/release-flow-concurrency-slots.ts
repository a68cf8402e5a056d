import type { StateType } from '@aedile/core/states'
import { decrementSlots } from '../../dispatch/concurrency.ts'
import { releaseLease } from '../../dispatch/leases.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { readDeploymentLimit } from '../deployment-limit.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'
import type { RunState } from '../run-state.ts'

const HOLDING: readonly StateType[] = ['PENDING', 'RUNNING', 'CANCELLING']

/** A run that is neither pending, running nor cancelling holds no slot of its deployment. */
export const releaseFlowConcurrencySlots: Rule<FlowRunTable> = {
  name: 'ReleaseFlowConcurrencySlots',
  from: ANY_OR_NONE,
  to: ANY,
  universal: true,
  apply(transition) {
    return {
      async after() {
        const { transaction, run, initial, proposed, verdict } = transition
        if (initial === null || proposed === null || !holdsSlot(initial.type) || holdsSlot(proposed.type)) return
        // A retry in the same process keeps slot and lease: the engine renews it over the delay.
        if (proposed.name === 'AwaitingRetry' && proposed.type === 'SCHEDULED' && verdict.status === 'REJECT') return
        await releaseDeploymentSlot(transaction, run, initial)
      },
    }
  },
}

/** True when a run in such a state holds a slot of its deployment, where that has a limit. */
export function holdsSlot(type: StateType): boolean {
  return HOLDING.includes(type)
}

/** Gives back the slot that a run holds in this state. */
export async function releaseDeploymentSlot(
  transaction: Transaction,
  run: Pick<FlowRunTable, 'deployment_id'>,
  state: RunState,
): Promise<void> {
  if (run.deployment_id === null) return
  const lease = state.state_details.deployment_concurrency_lease_id
  if (lease !== null && (await releaseLease(transaction, lease))) return
  const limit = await readDeploymentLimit(transaction, run.deployment_id)
  if (limit) await decrementSlots(transaction, [limit.limitId], 1)
}
