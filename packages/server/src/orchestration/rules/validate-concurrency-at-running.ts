import { incrementSlots } from '../../dispatch/concurrency.ts'
import { createLease, renewLease } from '../../dispatch/leases.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { renewsLeases } from '../client-facts.ts'
import { readDeploymentLimit } from '../deployment-limit.ts'
import type { Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'

/** A run whose slot was given away while its infrastructure started takes another one, or is cancelled. */
export const validateConcurrencyAtRunning: Rule<FlowRunTable> = {
  name: 'ValidateConcurrencyAtRunning',
  from: ['PENDING'],
  to: ['RUNNING'],
  async apply(transition) {
    const { transaction, run, initial, proposed, client } = transition
    if (initial === null || proposed === null) return undefined
    const lease = initial.state_details.deployment_concurrency_lease_id
    proposed.state_details.deployment_concurrency_lease_id = lease
    if (lease === null || !renewsLeases(client.clientVersion) || run.deployment_id === null) return undefined
    const limit = await readDeploymentLimit(transaction, run.deployment_id)
    if (!limit) return undefined
    if (await renewLease(transaction, lease, limit.graceSeconds)) return undefined
    if (await incrementSlots(transaction, [limit.limitId], 1)) {
      const holder = { type: 'flow_run', id: run.id }
      const taken = await createLease(transaction, { limitIds: [limit.limitId], slots: 1, seconds: limit.graceSeconds, holder })
      proposed.state_details.deployment_concurrency_lease_id = taken.id
      return undefined
    }
    const message = 'Deployment concurrency slot lost during provisioning - no slots available to continue execution'
    transition.reject(buildState({ type: 'CANCELLED', message }), 'Deployment concurrency limit reached after lease expiry.')
    return undefined
  },
}
