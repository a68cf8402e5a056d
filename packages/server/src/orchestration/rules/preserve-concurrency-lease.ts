import type { FlowRunTable } from '../../store/tables.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'

/** Workers send an explicit null for the lease on Pending and Submitting; the lease of the present state lives on. */
export const preserveConcurrencyLease: Rule<FlowRunTable> = {
  name: 'PreserveConcurrencyLease',
  from: ANY_OR_NONE,
  to: ANY,
  universal: true,
  apply({ initial, proposed }) {
    const lease = initial?.state_details.deployment_concurrency_lease_id
    if (lease && proposed) proposed.state_details.deployment_concurrency_lease_id ??= lease
    return undefined
  },
}
