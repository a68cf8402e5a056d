import { randomUUID } from 'node:crypto'
import type { workQueueCreate, workQueueUpdate } from '@aedile/core/resources/work-pool'
import { nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import type { z } from 'zod'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import { isPolledLately } from '../../resource-events/readiness.ts'
import { emitWorkQueueUpdate, workQueueEvent } from '../../resource-events/work-pool-events.ts'
import type { Transaction } from '../../store/store.ts'
import type { WorkPoolTable, WorkQueueTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'

type NewQueue = Pick<z.output<typeof workQueueCreate>, 'name'> & Partial<z.output<typeof workQueueCreate>>

/** Makes a queue. Without a priority it gets the first free one; a priority that is taken moves the others. Source: WC 5.4. */
export async function createWorkQueue(
  transaction: Transaction,
  workspace: Workspace,
  pool: WorkPoolTable,
  wanted: NewQueue,
): Promise<WorkQueueTable> {
  await lockPool(transaction, pool.id)
  const siblings = await readQueues(transaction, pool.id)
  if (siblings.some(({ name }) => name === wanted.name)) {
    // The placeholder is unfilled in the genuine answer too.
    throw new HttpError(409, 'A work queue with this name already exists in work pool {work_pool_name!r}.')
  }
  const now = nowMicroseconds()
  const queue: WorkQueueTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    work_pool_id: pool.id,
    name: wanted.name,
    description: wanted.description ?? '',
    is_paused: wanted.is_paused ? 1 : 0,
    concurrency_limit: wanted.concurrency_limit ?? null,
    priority: wanted.priority ?? firstFree(siblings),
    filter: wanted.filter ? JSON.stringify(wanted.filter) : null,
    last_polled: null,
    status: wanted.is_paused ? 'PAUSED' : 'NOT_READY',
  }
  await makeRoom(transaction, siblings, queue.priority)
  await transaction.db.insertInto('work_queue').values(queue).execute()
  await emitLifecycleEvents(transaction, workspace, [workQueueEvent('created', queue, pool)])
  return queue
}

/** Changes the fields of a queue that are given. */
export async function updateWorkQueue(
  transaction: Transaction,
  workspace: Workspace,
  queues: { pool: WorkPoolTable; before: WorkQueueTable },
  changes: z.output<typeof workQueueUpdate>,
): Promise<void> {
  const { pool, before } = queues
  const after: WorkQueueTable = {
    ...before,
    updated: nowMicroseconds(),
    ...(changes.name && { name: changes.name }),
    ...(changes.description !== undefined && { description: changes.description }),
    ...(changes.is_paused !== undefined && { is_paused: changes.is_paused ? 1 : 0 }),
    ...(changes.concurrency_limit !== undefined && { concurrency_limit: changes.concurrency_limit }),
    ...(changes.priority && { priority: changes.priority }),
    ...(changes.last_polled !== undefined && {
      last_polled: changes.last_polled === null ? null : parseTimestamp(changes.last_polled),
    }),
    ...(changes.filter !== undefined && { filter: changes.filter === null ? null : JSON.stringify(changes.filter) }),
  }
  if (after.is_paused !== before.is_paused) {
    after.status = after.is_paused ? 'PAUSED' : isPolledLately(after.last_polled) ? 'READY' : 'NOT_READY'
  }
  if (after.priority !== before.priority) {
    await lockPool(transaction, pool.id)
    const others = (await readQueues(transaction, pool.id)).filter(({ id }) => id !== before.id)
    await makeRoom(transaction, others, after.priority)
  }
  await transaction.db.updateTable('work_queue').set(after).where('id', '=', before.id).execute()
  await emitWorkQueueUpdate(transaction, workspace, { before, after, pool })
  transaction.afterCommit(() => workspace.changes.emit('dispatch', [pool.id]))
}

/** Deletes a queue. The default queue of a pool goes only with the pool. */
export async function deleteWorkQueue(
  transaction: Transaction,
  workspace: Workspace,
  pool: WorkPoolTable,
  queue: WorkQueueTable,
): Promise<void> {
  if (pool.default_queue_id === queue.id) throw new HttpError(409, "Can't delete a pool's default queue.")
  await transaction.db.deleteFrom('work_queue').where('id', '=', queue.id).execute()
  await emitLifecycleEvents(transaction, workspace, [workQueueEvent('deleted', queue, pool)])
}

/** Two writers of one pool's priorities take turns. */
async function lockPool({ db, kind }: Transaction, poolId: string): Promise<void> {
  if (kind === 'postgres') await db.selectFrom('work_pool').select('id').where('id', '=', poolId).forUpdate().execute()
}

function readQueues({ db }: Transaction, poolId: string): Promise<WorkQueueTable[]> {
  return db.selectFrom('work_queue').selectAll().where('work_pool_id', '=', poolId).orderBy('priority').execute()
}

function firstFree(queues: readonly WorkQueueTable[]): number {
  const taken = new Set(queues.map(({ priority }) => priority))
  let free = 1
  while (taken.has(free)) free++
  return free
}

/** Moves the queues that stand at a priority, and whom they bump into, one down. */
async function makeRoom({ db }: Transaction, queues: readonly WorkQueueTable[], priority: number): Promise<void> {
  let taken = priority
  for (const queue of [...queues].sort((left, right) => left.priority - right.priority)) {
    if (queue.priority < taken) continue
    if (queue.priority > taken) return
    taken++
    await db.updateTable('work_queue').set({ priority: taken }).where('id', '=', queue.id).execute()
  }
}
