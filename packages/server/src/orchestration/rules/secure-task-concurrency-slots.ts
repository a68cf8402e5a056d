import { incrementSlots } from '../../dispatch/concurrency.ts'
import { createLease, releaseLease } from '../../dispatch/leases.ts'
import type { TaskRunTable } from '../../store/tables.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'
import { spreadDelay } from '../spread-delay.ts'
import { readTagLimits } from '../tag-limits.ts'

/** The longest wait that a task is told when its tags have no slot. */
const SLOT_WAIT_SECONDS = 10
/** How long a task's slots are held at most when nobody gives them back. */
const TASK_LEASE_SECONDS = 100 * 365 * 86_400

/** Takes a slot of every limit on one of the task's tags. */
export const secureTaskConcurrencySlots: Rule<TaskRunTable> = {
  name: 'SecureTaskConcurrencySlots',
  from: ANY_OR_NONE,
  to: ['RUNNING'],
  async apply(transition) {
    const { transaction, run } = transition
    const limits = (await readTagLimits(transaction, run)).filter((limit) => limit.active === 1)
    const closed = limits.find((limit) => limit.limit === 0)
    if (closed !== undefined) {
      const tag = closed.name.slice('tag:'.length)
      transition.abort(`The concurrency limit on tag "${tag}" is 0 and will deadlock if the task tries to run again.`)
      return undefined
    }
    if (limits.length === 0) return undefined
    const limitIds = limits.map((limit) => limit.id)
    if (!(await incrementSlots(transaction, limitIds, 1))) {
      const blocking = limits.reduce((most, limit) =>
        limit.active_slots / limit.limit > most.active_slots / most.limit ? limit : most,
      )
      const average = Math.min(blocking.avg_slot_occupancy_seconds || SLOT_WAIT_SECONDS, SLOT_WAIT_SECONDS)
      const tags = limits.map((limit) => limit.name.slice('tag:'.length)).join(', ')
      transition.wait(Math.round(spreadDelay(average)), `Concurrency limit reached for tags: ${tags}`)
      return undefined
    }
    const holder = { type: 'task_run', id: run.id }
    const lease = await createLease(transaction, { limitIds, slots: 1, seconds: TASK_LEASE_SECONDS, holder })
    return { undo: async () => void (await releaseLease(transaction, lease.id)) }
  },
}
