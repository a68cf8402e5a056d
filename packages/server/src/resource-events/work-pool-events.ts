import type { JsonObject } from '@aedile/core/json'
import type { Transaction } from '../store/store.ts'
import type { WorkPoolTable, WorkQueueTable } from '../store/tables.ts'
import type { Workspace } from '../workspace.ts'
import { changedFields, emitLifecycleEvents, type LifecycleEvent, toKebabCase } from './lifecycle-event.ts'

type Named = Pick<WorkPoolTable, 'id' | 'name' | 'type'>

/** A pool as events of other resources name it. */
export function relatedWorkPool(pool: Named) {
  return { ...labelsOf(pool), 'prefect.resource.role': 'work-pool' }
}

/** A pool was made or deleted. */
export function workPoolEvent(action: 'created' | 'deleted', pool: WorkPoolTable): LifecycleEvent {
  const storage = JSON.parse(pool.storage_configuration) as { default_result_storage_block_id?: string | null }
  const related = [
    ...(pool.default_queue_id ? [reference('work-queue', pool.default_queue_id, 'default-queue')] : []),
    ...(storage.default_result_storage_block_id
      ? [reference('block-document', storage.default_result_storage_block_id, 'result-storage')]
      : []),
  ]
  return { event: `prefect.work-pool.${action}`, resource: relatedWorkPool(pool), related }
}

/** A pool's status changed. */
export function workPoolStatusEvent(pool: Named, status: string): LifecycleEvent {
  return { event: `prefect.work-pool.${toKebabCase(status)}`, resource: labelsOf(pool) }
}

/** A queue was made or deleted, or has another status. */
export function workQueueEvent(
  what: string,
  queue: Pick<WorkQueueTable, 'id' | 'name'>,
  pool: Named,
  payload?: JsonObject,
): LifecycleEvent {
  return {
    event: `prefect.work-queue.${toKebabCase(what)}`,
    resource: {
      'prefect.resource.id': `prefect.work-queue.${queue.id}`,
      'prefect.resource.name': queue.name,
      'prefect.resource.role': 'work-queue',
    },
    related: [relatedWorkPool(pool)],
    payload,
  }
}

/** Writes what an update of a pool tells: changed fields, and a changed status. */
export async function emitWorkPoolUpdate(
  transaction: Transaction,
  workspace: Workspace,
  before: WorkPoolTable,
  after: WorkPoolTable,
): Promise<void> {
  const payload = changedFields(documentOf(before), documentOf(after), [
    'description',
    'base_job_template',
    'concurrency_limit',
    'storage_configuration',
  ])
  await emitLifecycleEvents(transaction, workspace, [
    ...(payload ? [{ event: 'prefect.work-pool.updated', resource: relatedWorkPool(after), payload }] : []),
    ...(after.status && before.status !== after.status ? [workPoolStatusEvent(after, after.status)] : []),
  ])
}

/** Writes what an update of a queue tells. */
export async function emitWorkQueueUpdate(
  transaction: Transaction,
  workspace: Workspace,
  queues: { before: WorkQueueTable; after: WorkQueueTable; pool: Named },
): Promise<void> {
  const { before, after, pool } = queues
  const payload = changedFields({ ...before }, { ...after }, ['name', 'description', 'concurrency_limit', 'priority'])
  await emitLifecycleEvents(transaction, workspace, [
    ...(payload ? [workQueueEvent('updated', after, pool, payload)] : []),
    ...(before.status !== after.status ? [workQueueEvent(after.status, after, pool)] : []),
  ])
}

function labelsOf(pool: Named) {
  return {
    'prefect.resource.id': `prefect.work-pool.${pool.id}`,
    'prefect.resource.name': pool.name,
    'prefect.work-pool.type': pool.type,
  }
}

function reference(kind: string, id: string, role: string) {
  return { 'prefect.resource.id': `prefect.${kind}.${id}`, 'prefect.resource.role': role }
}

function documentOf(pool: WorkPoolTable): JsonObject {
  return {
    ...pool,
    base_job_template: JSON.parse(pool.base_job_template),
    storage_configuration: JSON.parse(pool.storage_configuration),
  }
}
