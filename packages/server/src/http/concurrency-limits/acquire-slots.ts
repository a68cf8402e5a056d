import { addDeniedSlots, incrementSlots } from '../../dispatch/concurrency.ts'
import { createLease } from '../../dispatch/leases.ts'
import { spreadDelay } from '../../orchestration/spread-delay.ts'
import type { Transaction } from '../../store/store.ts'
import type { ConcurrencyLimitTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'

const TAG_WAIT_SECONDS = 10
const MOST_WAIT_SECONDS = 30

export type Asked = {
  names: readonly string[]
  slots: number
  mode: 'concurrency' | 'rate_limit'
  lease?: { seconds: number; holder: { type: string; id: string } | null }
}
export type Acquired = { limits: ConcurrencyLimitTable[]; leaseId: string | null }

/**
 * Takes slots of all limits of these names, or of none. Unknown names are ignored, inactive limits are not asked.
 * Source: WC 1.16, 4.9.
 * @throws HttpError 423 with Retry-After when slots are missing, 422 when they can never be had.
 */
export async function acquireSlots(workspace: Workspace, asked: Asked): Promise<Acquired> {
  const outcome = await workspace.store.write(async (transaction): Promise<Acquired | HttpError> => {
    const limits = await readLimits(transaction, asked.names)
    const active = limits.filter((limit) => limit.active === 1)
    refuseImpossible(active, asked)
    const ids = active.map(({ id }) => id)
    if (!(await incrementSlots(transaction, ids, asked.slots))) {
      await addDeniedSlots(transaction, ids, asked.slots)
      // Returned and not thrown: what was denied is to be remembered.
      return new HttpError(423, 'Locked', { 'retry-after': retryAfter(active, asked.slots) })
    }
    const lease = asked.lease && (await createLease(transaction, { limitIds: ids, slots: asked.slots, ...asked.lease }))
    return { limits, leaseId: lease?.id ?? null }
  })
  if (outcome instanceof HttpError) throw outcome
  return outcome
}

/** The limits of these names, in the order of their names. */
export function readLimits({ db }: Pick<Transaction, 'db'>, names: readonly string[]): Promise<ConcurrencyLimitTable[]> {
  if (names.length === 0) return Promise.resolve([])
  return db
    .selectFrom('concurrency_limit')
    .selectAll()
    .where('name', 'in', [...new Set(names)])
    .orderBy('name')
    .execute()
}

function refuseImpossible(limits: readonly ConcurrencyLimitTable[], { slots, mode }: Asked): void {
  if (limits.some(({ limit }) => limit < slots)) throw new HttpError(422, 'Slots requested is greater than the limit')
  const lasting = limits.filter(({ slot_decay_per_second: decay }) => decay === 0).map(({ name }) => name)
  if (mode === 'rate_limit' && lasting.length > 0) {
    throw new HttpError(
      422,
      `Only concurrency limits with slot decay can be used for rate limiting. The following limits do not have a decay configured: '${lasting.join(',')}'`,
    )
  }
}

/** Seconds until a slot of the limit that most others wait for is likely to be free, spread against a rush. */
function retryAfter(limits: readonly ConcurrencyLimitTable[], slots: number): string {
  const waits = limits.map((limit) => {
    const waiting = slots + limit.denied_slots
    if (limit.slot_decay_per_second > 0) return { blocking: waiting, seconds: waiting / limit.slot_decay_per_second }
    const most = limit.name.startsWith('tag:') ? TAG_WAIT_SECONDS : MOST_WAIT_SECONDS
    const blocking = waiting / Math.max(limit.limit, 1)
    return { blocking, seconds: Math.min(Math.min(limit.avg_slot_occupancy_seconds, most) * blocking, most) }
  })
  const worst = waits.reduce((one, other) => (other.blocking > one.blocking ? other : one))
  return String(spreadDelay(worst.seconds))
}
