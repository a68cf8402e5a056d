import { claim } from '@aedile/core/attempts/transitions'
import { MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import { readDatabaseClock } from '../../dispatch/database-clock.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import type { Transition } from '../transition.ts'
import { lockAttempt, toColumns } from './attempt-row.ts'

/** True for the claim of an Aedile worker: its own new key is the transition's id and stands in the header. */
export function isClaim({ proposed, client }: Pick<Transition<FlowRunTable>, 'proposed' | 'client'>): boolean {
  const key = proposed?.state_details.transition_id
  return proposed?.type === 'PENDING' && key != null && client.attemptHeader === key
}

/** Why this claim cannot be, or null. Only a scheduled run is claimed, and a key begins one attempt only. */
export async function claimRefusal({ transaction, run, initial, client }: Transition<FlowRunTable>): Promise<string | null> {
  if (initial?.type !== 'SCHEDULED') return `This run is in a ${initial?.type ?? 'missing'} state and cannot be claimed.`
  if (run.retry_type === 'in_process') return 'This run is tried again by the process that it runs in.'
  const before = await lockAttempt(transaction, client.attemptHeader!)
  return before === null ? null : `Attempt ${before.key} began before and is ${before.phase}. Claim with a new key.`
}

/** Stores the attempt of an accepted claim. A refused one (no slot, not due) leaves no trace. */
export async function beginAttempt({
  transaction,
  run,
  proposed,
  client,
  leaseSeconds,
}: Transition<FlowRunTable>): Promise<void> {
  if (proposed?.type !== 'PENDING') return
  const key = client.attemptHeader!
  const now = await readDatabaseClock(transaction)
  run.attempt_key = key
  run.infrastructure_pid = null
  run.infrastructure_status = null
  await transaction.db
    .insertInto('flow_run_attempt')
    .values({
      key,
      flow_run_id: run.id,
      work_pool_name: await readWorkPoolName(transaction, run.work_queue_id),
      ...toColumns(claim(run.id, key, client.workerName, now / MICROSECONDS_PER_SECOND, leaseSeconds)),
      handle: null,
      outcome: null,
      created: now,
      updated: now,
    })
    .execute()
}

/** Ends an attempt that nothing was intended under. False when it has come further. */
export async function lapseAttempt(transaction: Transaction, key: string): Promise<boolean> {
  const result = await transaction.db
    .updateTable('flow_run_attempt')
    .set({ phase: 'lapsed', lease_expires: null, updated: await readDatabaseClock(transaction) })
    .where('key', '=', key)
    .where('phase', '=', 'claimed')
    .executeTakeFirst()
  return Number(result.numUpdatedRows) > 0
}

async function readWorkPoolName(transaction: Transaction, queueId: string | null): Promise<string | null> {
  if (queueId === null) return null
  const row = await transaction.db
    .selectFrom('work_queue')
    .innerJoin('work_pool', 'work_pool.id', 'work_queue.work_pool_id')
    .select('work_pool.name')
    .where('work_queue.id', '=', queueId)
    .executeTakeFirst()
  return row?.name ?? null
}
