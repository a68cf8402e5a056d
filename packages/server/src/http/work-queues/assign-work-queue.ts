import { storageConfiguration } from '@aedile/core/resources/work-pool'
import type { Transaction } from '../../store/store.ts'
import type { WorkPoolTable, WorkQueueTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { findWorkPool } from '../work-pools/find-work-pool.ts'
import { AGENT_POOL_TYPE, createWorkPool } from '../work-pools/write-work-pool.ts'
import { createWorkQueue } from './write-work-queue.ts'

/** The pool of queues that are named without a pool. */
export const AGENT_POOL = 'default-agent-pool'

export type AssignedQueue = { pool: WorkPoolTable; queue: WorkQueueTable }

/**
 * The queue that a pool's name and a queue's name mean: a pool alone means its default queue, a queue alone one of the
 * agent pool, and a queue that does not exist is made. Null without either. Source: WC 5.7.
 */
export async function assignWorkQueue(
  transaction: Transaction,
  workspace: Workspace,
  names: { poolName?: string | null; queueName?: string | null },
): Promise<AssignedQueue | null> {
  const { poolName, queueName } = names
  if (!poolName && !queueName) return null
  const pool =
    poolName && poolName !== AGENT_POOL
      ? await findWorkPool(transaction.db, poolName)
      : await ensureAgentPool(transaction, workspace)
  const queues = transaction.db.selectFrom('work_queue').selectAll().where('work_pool_id', '=', pool.id)
  const known = await (queueName
    ? queues.where('name', '=', queueName)
    : queues.where('id', '=', pool.default_queue_id)
  ).executeTakeFirst()
  return { pool, queue: known ?? (await createWorkQueue(transaction, workspace, pool, { name: queueName ?? 'default' })) }
}

/** The agent pool, made when it is first needed. */
export async function ensureAgentPool(transaction: Transaction, workspace: Workspace): Promise<WorkPoolTable> {
  const known = await transaction.db.selectFrom('work_pool').selectAll().where('name', '=', AGENT_POOL).executeTakeFirst()
  if (known) return known
  return createWorkPool(transaction, workspace, {
    name: AGENT_POOL,
    description: 'A work pool for queues that are named without a pool',
    type: AGENT_POOL_TYPE,
    base_job_template: {},
    is_paused: false,
    storage_configuration: storageConfiguration.parse({}),
  })
}
