import { randomUUID } from 'node:crypto'
import type { JsonObject } from '@aedile/core/json'
import { storageConfiguration, type workPoolCreate, type workPoolUpdate } from '@aedile/core/resources/work-pool'
import { nowMicroseconds } from '@aedile/core/time'
import type { z } from 'zod'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import { isOnline } from '../../resource-events/readiness.ts'
import { emitWorkPoolUpdate, workPoolEvent, workPoolStatusEvent, workQueueEvent } from '../../resource-events/work-pool-events.ts'
import type { Transaction } from '../../store/store.ts'
import type { WorkPoolTable, WorkQueueTable } from '../../store/tables.ts'
import { findJobVariablesFailure } from '../../validation/job-variables.ts'
import type { Workspace } from '../../workspace.ts'
import { withNumberText } from '../number-text.ts'
import { HttpError } from '../route.ts'
import { findWorkPool, isReservedPoolName } from './find-work-pool.ts'

/** The pool type whose queues are polled by name alone, by clients of old. */
export const AGENT_POOL_TYPE = 'prefect-agent'
const RESERVED = "Work pools starting with 'Prefect' are reserved for internal use."

/** Makes a pool with its default queue. Source: WC 5.1. */
export async function createWorkPool(
  transaction: Transaction,
  workspace: Workspace,
  wanted: z.output<typeof workPoolCreate>,
): Promise<WorkPoolTable> {
  if (isReservedPoolName(wanted.name)) throw new HttpError(403, RESERVED)
  const now = nowMicroseconds()
  const { db } = transaction
  const queueId = randomUUID()
  const pool: WorkPoolTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    name: wanted.name,
    description: wanted.description ?? null,
    type: wanted.type,
    base_job_template: JSON.stringify(withNumberText(wanted.base_job_template)),
    is_paused: wanted.is_paused ? 1 : 0,
    concurrency_limit: wanted.concurrency_limit ?? null,
    status: wanted.type === AGENT_POOL_TYPE ? null : wanted.is_paused ? 'PAUSED' : 'NOT_READY',
    default_queue_id: queueId,
    storage_configuration: JSON.stringify(wanted.storage_configuration),
  }
  const inserted = await db
    .insertInto('work_pool')
    .values(pool)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst()
  if (Number(inserted.numInsertedOrUpdatedRows) === 0) throw new HttpError(409, 'A work pool with this name already exists.')
  const queue: WorkQueueTable = {
    id: queueId,
    created: now,
    updated: now,
    work_pool_id: pool.id,
    name: 'default',
    description: "The work pool's default queue.",
    is_paused: 0,
    concurrency_limit: null,
    priority: 1,
    filter: null,
    last_polled: null,
    status: 'NOT_READY',
  }
  await db.insertInto('work_queue').values(queue).execute()
  await checkDefaults(transaction, workspace, wanted.base_job_template)
  await emitLifecycleEvents(transaction, workspace, [
    workQueueEvent('created', queue, pool),
    workPoolEvent('created', pool),
    ...(pool.status ? [workPoolStatusEvent(pool, pool.status)] : []),
  ])
  return pool
}

/** Changes the fields of a pool that are given. */
export async function updateWorkPool(
  transaction: Transaction,
  workspace: Workspace,
  name: string,
  changes: z.output<typeof workPoolUpdate>,
): Promise<void> {
  const before = await findWorkPool(transaction.db, name)
  const changesMore = Object.keys(changes).some((field) => field !== 'is_paused' && field !== 'concurrency_limit')
  if (isReservedPoolName(name) && changesMore)
    throw new HttpError(403, `${RESERVED} Only is_paused and concurrency_limit can be changed.`)
  if (changes.base_job_template) await checkDefaults(transaction, workspace, changes.base_job_template)
  const after: WorkPoolTable = {
    ...before,
    updated: nowMicroseconds(),
    ...(changes.description !== undefined && { description: changes.description }),
    ...(changes.base_job_template && { base_job_template: JSON.stringify(withNumberText(changes.base_job_template)) }),
    ...(changes.concurrency_limit !== undefined && { concurrency_limit: changes.concurrency_limit }),
    ...(changes.storage_configuration !== undefined && {
      storage_configuration: JSON.stringify(changes.storage_configuration ?? storageConfiguration.parse({})),
    }),
    ...(typeof changes.is_paused === 'boolean' && { is_paused: changes.is_paused ? 1 : 0 }),
  }
  if (after.is_paused !== before.is_paused && after.type !== AGENT_POOL_TYPE) {
    after.status = after.is_paused ? 'PAUSED' : (await hasWorkerOnline(transaction, after.id)) ? 'READY' : 'NOT_READY'
  }
  await transaction.db.updateTable('work_pool').set(after).where('id', '=', before.id).execute()
  await emitWorkPoolUpdate(transaction, workspace, before, after)
  transaction.afterCommit(() => workspace.changes.emit('dispatch', [before.id]))
}

/** Deletes a pool with its queues and workers. Its runs stay, without a queue. */
export async function deleteWorkPool(transaction: Transaction, workspace: Workspace, name: string): Promise<void> {
  const pool = await findWorkPool(transaction.db, name)
  if (isReservedPoolName(name))
    throw new HttpError(403, 'Worker pools starting with "Prefect" are reserved for internal use and can not be deleted.')
  const queues = await transaction.db
    .selectFrom('work_queue')
    .selectAll()
    .where('work_pool_id', '=', pool.id)
    .orderBy('priority')
    .execute()
  await transaction.db.deleteFrom('work_pool').where('id', '=', pool.id).execute()
  await emitLifecycleEvents(transaction, workspace, [
    ...queues.map((queue) => workQueueEvent('deleted', queue, pool)),
    workPoolEvent('deleted', pool),
  ])
}

async function hasWorkerOnline({ db }: Transaction, poolId: string): Promise<boolean> {
  const workers = await db.selectFrom('worker').selectAll().where('work_pool_id', '=', poolId).execute()
  return workers.some(isOnline)
}

async function checkDefaults({ db }: Transaction, { encryption }: Workspace, template: JsonObject): Promise<void> {
  const failure = await findJobVariablesFailure({ db, encryption }, { template, layers: [], checkDefaults: true })
  if (failure) throw new HttpError(422, `Validation failed for work pool's job variable defaults: ${failure.message}`)
}
