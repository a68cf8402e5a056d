import { MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { type Expression, sql } from 'kysely'
import type { Transaction } from '../store/store.ts'

/**
 * The arithmetic of concurrency limits, each change in one UPDATE. Slots of a limit with a decay come back by time:
 * what is stored is the number at `updated`. Source: WC 4.9.
 */

/** Samples that the average occupancy remembers, per slot of the limit. */
const OCCUPANCY_SAMPLES_MULTIPLIER = 2
/** The least occupancy that is reckoned with, against division by zero. */
const MINIMUM_OCCUPANCY_SECONDS = 0.1
const TAG_WAIT_SECONDS = 10
const MAXIMUM_WAIT_SECONDS = 30

/** Slots that are taken now, after decay. */
function activeSlotsNow(now: Microseconds): Expression<number> {
  const left = sql<number>`active_slots - floor(slot_decay_per_second * ${elapsedSeconds(now)})`
  return sql<number>`(case when ${left} < 0 then 0 else ${left} end)`
}

/** Denied requests that still count now. They fade by the decay, or by the average occupancy where there is none. */
function deniedSlotsNow(now: Microseconds): Expression<number> {
  const wait = sql`(case when name like 'tag:%' then ${TAG_WAIT_SECONDS} + 0.0 else ${MAXIMUM_WAIT_SECONDS} + 0.0 end)`
  const capped = sql`(case when avg_slot_occupancy_seconds > ${wait} then ${wait} else avg_slot_occupancy_seconds end)`
  const clamped = sql`(case when ${capped} < ${sql.lit(MINIMUM_OCCUPANCY_SECONDS)} then ${sql.lit(MINIMUM_OCCUPANCY_SECONDS)} else ${capped} end)`
  const rate = sql`(case when slot_decay_per_second > 0 then slot_decay_per_second else 1.0 / ${clamped} end)`
  const left = sql<number>`denied_slots - floor(${rate} * ${elapsedSeconds(now)})`
  return sql<number>`(case when ${left} < 0 then 0 else ${left} end)`
}

/** Takes slots of all these limits, or of none. Inactive limits are not asked. False when one of them has too few. */
export async function incrementSlots(transaction: Transaction, limitIds: readonly string[], slots: number): Promise<boolean> {
  const ids = [...new Set(limitIds)].sort()
  if (ids.length === 0) return true
  await lockLimits(transaction, ids)
  const now = nowMicroseconds()
  const fits = sql<boolean>`${activeSlotsNow(now)} + ${slots} <= "limit"`
  const result = await transaction.db
    .updateTable('concurrency_limit')
    .set(() => ({
      active_slots: sql<number>`${activeSlotsNow(now)} + ${slots}`,
      denied_slots: deniedSlotsNow(now),
      updated: now,
    }))
    .where('id', 'in', ids)
    .where('active', '=', 1)
    .where(fits)
    // All or none, without giving up the transaction that this is part of.
    .where((eb) =>
      eb(
        eb
          .selectFrom('concurrency_limit')
          .select(eb.fn.countAll<number>().as('n'))
          .where('id', 'in', ids)
          .where('active', '=', 1)
          .where(fits),
        '=',
        ids.length,
      ),
    )
    .executeTakeFirst()
  return Number(result.numUpdatedRows) === ids.length
}

/** Gives slots back, never below zero. With the seconds that they were held, the average occupancy moves. */
export async function decrementSlots(
  transaction: Transaction,
  limitIds: readonly string[],
  slots: number,
  occupancySeconds?: number | null,
): Promise<void> {
  const ids = [...new Set(limitIds)].sort()
  if (ids.length === 0) return
  await lockLimits(transaction, ids)
  const now = nowMicroseconds()
  const held = occupancySeconds ? Math.max(occupancySeconds / slots, MINIMUM_OCCUPANCY_SECONDS) : null
  await transaction.db
    .updateTable('concurrency_limit')
    .set(() => {
      const left = sql<number>`${activeSlotsNow(now)} - ${slots}`
      return {
        active_slots: sql<number>`(case when ${left} < 0 then 0 else ${left} end)`,
        denied_slots: deniedSlotsNow(now),
        updated: now,
        ...(held === null
          ? {}
          : {
              avg_slot_occupancy_seconds: sql<number>`avg_slot_occupancy_seconds + (${held} - avg_slot_occupancy_seconds) / (case when "limit" < 1 then 1.0 else "limit" * ${sql.lit(OCCUPANCY_SAMPLES_MULTIPLIER)}.0 end)`,
            }),
      }
    })
    .where('id', 'in', ids)
    .where('active', '=', 1)
    .execute()
}

/** Counts a refused request. */
export async function addDeniedSlots(transaction: Transaction, limitIds: readonly string[], slots: number): Promise<void> {
  const ids = [...new Set(limitIds)].sort()
  if (ids.length === 0) return
  await lockLimits(transaction, ids)
  const now = nowMicroseconds()
  await transaction.db
    .updateTable('concurrency_limit')
    .set(() => ({
      active_slots: activeSlotsNow(now),
      denied_slots: sql<number>`${deniedSlotsNow(now)} + ${slots}`,
      updated: now,
    }))
    .where('id', 'in', ids)
    .where('active', '=', 1)
    .execute()
}

function elapsedSeconds(now: Microseconds) {
  return sql`((${sql.lit(now)} - updated) / ${sql.lit(MICROSECONDS_PER_SECOND)}.0)`
}

/** Always in the order of ids, so that two requests for the same limits never wait for each other. */
async function lockLimits(transaction: Transaction, ids: readonly string[]): Promise<void> {
  if (transaction.kind === 'sqlite') return
  await transaction.db
    .selectFrom('concurrency_limit')
    .select('id')
    .where('id', 'in', [...ids])
    .orderBy('id')
    .forUpdate()
    .execute()
}
