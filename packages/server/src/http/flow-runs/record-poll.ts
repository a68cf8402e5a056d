import { MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { emitDeploymentEvent } from '../../resource-events/deployment-events.ts'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import { workQueueEvent } from '../../resource-events/work-pool-events.ts'
import type { Transaction } from '../../store/store.ts'
import type { WorkQueueTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'

/** A poll is written at most this often per queue; what is read of it (READY for 60 s) needs no more. */
const RECORD_EVERY_SECONDS = 5

type Polled = Pick<WorkQueueTable, 'id' | 'last_polled' | 'status'>

/**
 * Remembers that queues were polled: they and their deployments are READY, which is an event when it is new. Not awaited
 * by the answer to the poll.
 */
export async function recordPoll(workspace: Workspace, queues: readonly Polled[]): Promise<void> {
  const now = nowMicroseconds()
  const ids = listStale(queues, now)
  if (ids.length === 0) return
  try {
    await workspace.store.write(async (transaction) => {
      await touchQueues(transaction, workspace, ids, now)
      const deployments = await transaction.db.selectFrom('deployment').select('id').where('work_queue_id', 'in', ids).execute()
      await touchDeployments(
        transaction,
        workspace,
        deployments.map(({ id }) => id),
        now,
      )
    })
  } catch (error) {
    workspace.log.warn({ err: error }, 'a poll could not be recorded')
  }
}

/** Remembers that deployments were polled by a runner that serves them. */
export async function recordDeploymentPoll(workspace: Workspace, deploymentIds: readonly string[]): Promise<void> {
  if (deploymentIds.length === 0) return
  try {
    const now = nowMicroseconds()
    const columns = ['id', 'last_polled', 'status'] as const
    const deployments = workspace.store.db.selectFrom('deployment').select(columns)
    const ids = listStale(await deployments.where('id', 'in', [...deploymentIds]).execute(), now)
    if (ids.length === 0) return
    await workspace.store.write((transaction) => touchDeployments(transaction, workspace, ids, now))
  } catch (error) {
    workspace.log.warn({ err: error }, 'a poll could not be recorded')
  }
}

function listStale(polled: readonly Polled[], now: Microseconds): string[] {
  const oldest = now - RECORD_EVERY_SECONDS * MICROSECONDS_PER_SECOND
  return polled
    .filter(({ last_polled, status }) => last_polled === null || last_polled < oldest || status === 'NOT_READY')
    .map(({ id }) => id)
}

async function touchQueues(transaction: Transaction, workspace: Workspace, ids: string[], now: Microseconds): Promise<void> {
  const { db } = transaction
  await db.updateTable('work_queue').set({ last_polled: now }).where('id', 'in', ids).execute()
  const ready = db.updateTable('work_queue').set({ status: 'READY' }).where('id', 'in', ids).where('status', '=', 'NOT_READY')
  for (const queue of await ready.returningAll().execute()) {
    const pool = await db.selectFrom('work_pool').selectAll().where('id', '=', queue.work_pool_id).executeTakeFirst()
    if (pool) await emitLifecycleEvents(transaction, workspace, [workQueueEvent('ready', queue, pool)])
  }
}

async function touchDeployments(transaction: Transaction, workspace: Workspace, ids: string[], now: Microseconds): Promise<void> {
  if (ids.length === 0) return
  const { db } = transaction
  await db.updateTable('deployment').set({ last_polled: now }).where('id', 'in', ids).execute()
  const ready = db.updateTable('deployment').set({ status: 'READY' }).where('id', 'in', ids).where('status', '=', 'NOT_READY')
  for (const deployment of await ready.returningAll().execute()) {
    await emitDeploymentEvent(transaction, workspace, 'ready', deployment)
  }
}
