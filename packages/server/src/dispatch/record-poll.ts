import { MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import type { Transaction } from '../store/store.ts'
import type { WorkQueueTable } from '../store/tables.ts'
import type { Workspace } from '../workspace.ts'

/** A poll is written at most this often per queue; what is read of it (READY for 60 s) needs no more. */
const RECORD_EVERY_SECONDS = 5

/**
 * Remembers that queues were polled: they and their deployments are READY, which is an event when it is new. Not awaited
 * by the answer to the poll.
 */
export async function recordPoll(workspace: Workspace, queues: readonly WorkQueueTable[]): Promise<void> {
  const now = nowMicroseconds()
  const stale = queues.filter((queue) => isStale(queue.last_polled, now) || queue.status === 'NOT_READY')
  if (stale.length === 0) return
  try {
    await workspace.store.write((transaction) => writePoll(workspace, transaction, stale, now))
  } catch (error) {
    workspace.log.warn({ error }, 'a poll could not be recorded')
  }
}

/** Remembers that deployments were polled by a runner that serves them. */
export async function recordDeploymentPoll(workspace: Workspace, deploymentIds: readonly string[]): Promise<void> {
  if (deploymentIds.length === 0) return
  const now = nowMicroseconds()
  const polled = await workspace.store.db
    .selectFrom('deployment')
    .select(['id', 'last_polled', 'status'])
    .where('id', 'in', [...deploymentIds])
    .execute()
  const stale = polled.filter((row) => isStale(row.last_polled, now) || row.status === 'NOT_READY').map((row) => row.id)
  if (stale.length === 0) return
  try {
    await workspace.store.write((transaction) => writeDeploymentPoll(workspace, transaction, stale, now))
  } catch (error) {
    workspace.log.warn({ error }, 'a poll could not be recorded')
  }
}

async function writePoll(
  workspace: Workspace,
  transaction: Transaction,
  queues: readonly WorkQueueTable[],
  now: Microseconds,
): Promise<void> {
  const { db } = transaction
  const ids = queues.map((queue) => queue.id)
  await db.updateTable('work_queue').set({ last_polled: now }).where('id', 'in', ids).execute()
  const ready = await db
    .updateTable('work_queue')
    .set({ status: 'READY' })
    .where('id', 'in', ids)
    .where('status', '=', 'NOT_READY')
    .returning('id')
    .execute()
  for (const { id } of ready) await announceReady(workspace, transaction, 'work-queue-status', id, now)
  const deployments = await db.selectFrom('deployment').select('id').where('work_queue_id', 'in', ids).execute()
  await writeDeploymentPoll(
    workspace,
    transaction,
    deployments.map((row) => row.id),
    now,
  )
}

async function writeDeploymentPoll(
  workspace: Workspace,
  transaction: Transaction,
  ids: readonly string[],
  now: Microseconds,
): Promise<void> {
  if (ids.length === 0) return
  const { db } = transaction
  await db
    .updateTable('deployment')
    .set({ last_polled: now })
    .where('id', 'in', [...ids])
    .execute()
  const ready = await db
    .updateTable('deployment')
    .set({ status: 'READY' })
    .where('id', 'in', [...ids])
    .where('status', '=', 'NOT_READY')
    .returning('id')
    .execute()
  for (const { id } of ready) await announceReady(workspace, transaction, 'deployment-status', id, now)
}

/** The outbox kinds `work-queue-status` and `deployment-status`: payload {id, status}. */
async function announceReady(
  workspace: Workspace,
  transaction: Transaction,
  kind: 'work-queue-status' | 'deployment-status',
  id: string,
  now: Microseconds,
): Promise<void> {
  const payload = JSON.stringify({ id, status: 'READY' })
  await transaction.db.insertInto('outbox').values({ kind, payload, created: now }).execute()
  transaction.afterCommit(() => workspace.changes.emit('outbox'))
}

function isStale(lastPolled: Microseconds | null, now: Microseconds): boolean {
  return lastPolled === null || now - lastPolled > RECORD_EVERY_SECONDS * MICROSECONDS_PER_SECOND
}
