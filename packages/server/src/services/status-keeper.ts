import { MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import { emitDeploymentEvent } from '../resource-events/deployment-events.ts'
import { emitLifecycleEvents } from '../resource-events/lifecycle-event.ts'
import { DEFAULT_HEARTBEAT_SECONDS, ONLINE_INTERVALS, POLLED_SECONDS } from '../resource-events/readiness.ts'
import { workPoolStatusEvent, workQueueEvent } from '../resource-events/work-pool-events.ts'
import type { Transaction } from '../store/store.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

/** Marks offline or not ready what is not heard of any more: workers, pools, deployments, queues. Source: WC 5.6. */
export class StatusKeeper implements Service {
  readonly name = 'status-keeper'
  readonly intervalSeconds: number
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.intervalSeconds = workspace.settings.workerStatusIntervalSeconds
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    const { store } = this.#workspace
    const now = nowMicroseconds()
    const steps = [markWorkers, markPools, markDeployments, markQueues]
    for (const step of steps) {
      signal.throwIfAborted()
      await store.write((transaction) => step(transaction, this.#workspace, now))
    }
  }
}

async function markWorkers({ db }: Transaction, _: Workspace, now: Microseconds): Promise<void> {
  const silence = sql<number>`${ONLINE_INTERVALS * MICROSECONDS_PER_SECOND} * coalesce(heartbeat_interval_seconds, ${DEFAULT_HEARTBEAT_SECONDS})`
  await db
    .updateTable('worker')
    .set({ status: 'OFFLINE' })
    .where('status', '=', 'ONLINE')
    .where(sql<boolean>`last_heartbeat_time < ${now} - ${silence}`)
    .execute()
}

async function markPools(transaction: Transaction, workspace: Workspace, now: Microseconds): Promise<void> {
  const pools = await transaction.db
    .updateTable('work_pool')
    .set({ status: 'NOT_READY', updated: now })
    .where('status', '=', 'READY')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('worker')
            .select('worker.id')
            .whereRef('worker.work_pool_id', '=', 'work_pool.id')
            .where('worker.status', '=', 'ONLINE'),
        ),
      ),
    )
    .returning(['id', 'name', 'type'])
    .execute()
  await emitLifecycleEvents(
    transaction,
    workspace,
    pools.map((pool) => workPoolStatusEvent(pool, 'NOT_READY')),
  )
}

async function markDeployments(transaction: Transaction, workspace: Workspace, now: Microseconds): Promise<void> {
  const since = now - POLLED_SECONDS * MICROSECONDS_PER_SECOND
  const deployments = await transaction.db
    .updateTable('deployment')
    .set({ status: 'NOT_READY' })
    .where('status', '=', 'READY')
    .where((where) => where.or([where('last_polled', 'is', null), where('last_polled', '<', since)]))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('work_queue')
            .select('work_queue.id')
            .whereRef('work_queue.id', '=', 'deployment.work_queue_id')
            .where('work_queue.last_polled', '>=', since),
        ),
      ),
    )
    .returningAll()
    .execute()
  for (const deployment of deployments) await emitDeploymentEvent(transaction, workspace, 'NOT_READY', deployment)
}

async function markQueues(transaction: Transaction, workspace: Workspace, now: Microseconds): Promise<void> {
  const since = now - POLLED_SECONDS * MICROSECONDS_PER_SECOND
  const queues = await transaction.db
    .updateTable('work_queue')
    .set({ status: 'NOT_READY' })
    .where('status', '=', 'READY')
    .where((where) => where.or([where('last_polled', 'is', null), where('last_polled', '<', since)]))
    .returning(['id', 'name', 'work_pool_id'])
    .execute()
  if (queues.length === 0) return
  const ids = queues.map(({ work_pool_id }) => work_pool_id)
  const pools = await transaction.db.selectFrom('work_pool').selectAll().where('id', 'in', ids).execute()
  const poolOf = new Map(pools.map((pool) => [pool.id, pool]))
  await emitLifecycleEvents(
    transaction,
    workspace,
    queues.map((queue) => workQueueEvent('NOT_READY', queue, poolOf.get(queue.work_pool_id)!)),
  )
}
