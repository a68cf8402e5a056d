import { listLeasesOfHolder, releaseLease } from '../../dispatch/leases.ts'
import type { TaskRunTable } from '../../store/tables.ts'
import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'
import { readTagLimits } from '../tag-limits.ts'

/** A task run that is neither running nor cancelling holds no slot of its tags. */
export const releaseTaskConcurrencySlots: Rule<TaskRunTable> = {
  name: 'ReleaseTaskConcurrencySlots',
  from: ANY_OR_NONE,
  to: ANY,
  universal: true,
  apply(transition) {
    return {
      async after() {
        const { transaction, run, proposed } = transition
        if (proposed === null || proposed.type === 'RUNNING' || proposed.type === 'CANCELLING') return
        const limits = await readTagLimits(transaction, run)
        const held = await listLeasesOfHolder(
          transaction,
          limits.map((limit) => limit.id),
          run.id,
        )
        for (const lease of held) await releaseLease(transaction, lease)
      },
    }
  },
}
