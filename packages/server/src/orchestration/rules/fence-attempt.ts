import { fence, isRefusal } from '@aedile/core/attempts/transitions'
import type { FlowRunTable } from '../../store/tables.ts'
import { runFacts } from '../attempts/attempt-row.ts'
import { isClaim } from '../attempts/claim.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'
import type { Transition } from '../transition.ts'

/**
 * A proposal that names another attempt than the run's present one comes from something that was given up: it is refused,
 * forced or not. A claim names the attempt that it is about to begin. A subflow is called inside an attempt of another run
 * and inherits its header: then that run's present attempt decides.
 */
export const fenceAttempt: Rule<FlowRunTable> = {
  name: 'FenceAttempt',
  from: ANY_OR_NONE,
  to: ANY,
  async apply(transition) {
    const header = transition.client.attemptHeader
    if (header === null || header === transition.run.attempt_key || isClaim(transition)) return undefined
    const refusal = fence(runFacts(await readFencedRun(transition, header)), header)
    if (refusal !== null && isRefusal(refusal)) transition.abort(refusal.refused)
    return undefined
  },
}

/** The run that the attempt is of; the proposal's own run when nobody knows the attempt. */
async function readFencedRun({ transaction, run }: Transition<FlowRunTable>, attempt: string) {
  const owner = await transaction.db
    .selectFrom('flow_run_attempt')
    .innerJoin('flow_run', 'flow_run.id', 'flow_run_attempt.flow_run_id')
    .select(['flow_run.attempt_key', 'flow_run.state_type', 'flow_run.lapses'])
    .where('flow_run_attempt.key', '=', attempt)
    .executeTakeFirst()
  return owner ?? run
}
