import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import { incrementSlots } from '../../dispatch/concurrency.ts'
import { createLease, releaseLease } from '../../dispatch/leases.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import type { Version } from '../client-facts.ts'
import { type DeploymentLimit, readDeploymentLimit } from '../deployment-limit.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'
import type { Transition } from '../transition.ts'

/** When a run that found no free slot is tried again. */
const SLOT_WAIT_SECONDS = 30

/** Takes one of the deployment's slots on the way to Pending, so that nothing is started for a run that has none. */
export const secureFlowConcurrencySlots: Rule<FlowRunTable> = {
  name: 'SecureFlowConcurrencySlots',
  from: ANY_OR_NONE.filter((type) => type !== 'PENDING' && type !== 'RUNNING' && type !== 'CANCELLING'),
  to: ['PENDING'],
  async apply(transition) {
    const { transaction, run, proposed, client } = transition
    if (run.deployment_id === null || proposed === null || managesSlotsItself(client.clientVersion)) return undefined
    const limit = await readDeploymentLimit(transaction, run.deployment_id)
    if (limit === undefined) transition.abort('Deployment not found.')
    else if (limit?.limit === 0) {
      transition.abort('The deployment concurrency limit is 0. The flow will deadlock if submitted again.')
    }
    if (!limit || limit.limit === 0) return undefined
    if (!(await incrementSlots(transaction, [limit.limitId], 1))) {
      refuse(transition, limit)
      return undefined
    }
    const lease = await createLease(transaction, { limitIds: [limit.limitId], slots: 1, seconds: limit.graceSeconds })
    proposed.state_details.deployment_concurrency_lease_id = lease.id
    return {
      async undo() {
        await releaseLease(transaction, lease.id)
        if (transition.proposed) transition.proposed.state_details.deployment_concurrency_lease_id = null
      },
    }
  },
}

function refuse(transition: Transition<FlowRunTable>, limit: DeploymentLimit): void {
  const reason = 'Deployment concurrency limit reached.'
  if (limit.collisionStrategy === 'CANCEL_NEW') {
    transition.reject(buildState({ type: 'CANCELLED', message: reason }), reason)
    return
  }
  const scheduled_time = formatTimestamp(nowMicroseconds() + SLOT_WAIT_SECONDS * MICROSECONDS_PER_SECOND)
  transition.reject(buildState({ type: 'SCHEDULED', name: 'AwaitingConcurrencySlot', details: { scheduled_time } }), reason)
}

/** The workers of 3.0.0rc20 and 3.0.0 to 3.0.3 take the slots by themselves. */
function managesSlotsItself(version: Version | null): boolean {
  if (version === null || version[0] !== 3 || version[1] !== 0) return false
  return version[3] === 'rc20' ? version[2] === 0 : version[3] === '' && version[2] <= 3
}
