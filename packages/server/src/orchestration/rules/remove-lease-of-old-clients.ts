import { revokeLease } from '../../dispatch/leases.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { renewsLeases } from '../client-facts.ts'
import type { Rule } from '../rule.ts'

/** A client that does not renew leases holds its slot without one, until the run ends. */
export const removeLeaseOfOldClients: Rule<FlowRunTable> = {
  name: 'RemoveLeaseOfOldClients',
  from: ['PENDING'],
  to: ['RUNNING', 'CANCELLING'],
  apply({ transaction, initial, client }) {
    const lease = initial?.state_details.deployment_concurrency_lease_id
    if (!lease || renewsLeases(client.clientVersion)) return undefined
    return { after: async () => void (await revokeLease(transaction, lease)) }
  },
}
