import type { FlowRunTable } from '../../store/tables.ts'
import { readDeploymentLimit } from '../deployment-limit.ts'
import type { Rule } from '../rule.ts'
import { buildState } from '../run-state.ts'

/** A late run of a deployment that is full and cancels what is new is cancelled, not marked late. */
export const enforceConcurrencyOnLate: Rule<FlowRunTable> = {
  name: 'EnforceConcurrencyOnLate',
  from: ['SCHEDULED'],
  to: ['SCHEDULED'],
  async apply(transition) {
    const { transaction, run, proposed } = transition
    if (proposed?.name !== 'Late' || run.deployment_id === null) return undefined
    const limit = await readDeploymentLimit(transaction, run.deployment_id)
    if (limit?.collisionStrategy !== 'CANCEL_NEW' || limit.activeSlots < limit.limit) return undefined
    transition.reject(
      buildState({ type: 'CANCELLED', message: 'Deployment concurrency limit reached.' }),
      'Deployment concurrency limit is full and uses the CANCEL_NEW strategy.',
    )
    return undefined
  },
}
