import { randomUUID } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import { workPoolStatusEvent } from '../../resource-events/work-pool-events.ts'
import type { Transaction } from '../../store/store.ts'
import type { Workspace } from '../../workspace.ts'
import { findWorkPool } from '../work-pools/find-work-pool.ts'

/** Records that a worker lives, and that its pool is ready. A paused pool stays paused. Source: WC 5.6. */
export async function recordHeartbeat(
  transaction: Transaction,
  workspace: Workspace,
  beat: {
    poolName: string
    workerName: string
    intervalSeconds: number | null
    /** Names of the settings that it was given; what was told before stays when it says nothing of them. */
    settingNames?: readonly string[] | undefined
  },
): Promise<void> {
  const { db } = transaction
  const pool = await findWorkPool(db, beat.poolName)
  const now = nowMicroseconds()
  const heard = {
    updated: now,
    last_heartbeat_time: now,
    heartbeat_interval_seconds: beat.intervalSeconds,
    status: 'ONLINE',
    ...(beat.settingNames && { setting_names: JSON.stringify(beat.settingNames) }),
  }
  await db
    .insertInto('worker')
    .values({ id: randomUUID(), created: now, work_pool_id: pool.id, name: beat.workerName, ...heard })
    .onConflict((conflict) => conflict.columns(['work_pool_id', 'name']).doUpdateSet(heard))
    .execute()
  const readied = await db
    .updateTable('work_pool')
    .set({ status: 'READY', updated: now })
    .where('id', '=', pool.id)
    .where('status', '=', 'NOT_READY')
    .executeTakeFirst()
  if (Number(readied.numUpdatedRows) > 0) await emitLifecycleEvents(transaction, workspace, [workPoolStatusEvent(pool, 'READY')])
}
