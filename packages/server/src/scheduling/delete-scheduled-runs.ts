import { nowMicroseconds } from '@aedile/core/time'
import type { Transaction } from '../store/store.ts'

/**
 * Deletes runs of a deployment that wait for their time and never ran. Those that wait for a slot stay, and so do those
 * that were tried before. Source: WC 4.3.
 */
export async function deleteScheduledRuns(
  { db }: Transaction,
  deploymentId: string,
  only: { autoScheduled?: boolean; future?: boolean } = {},
): Promise<void> {
  let query = db
    .deleteFrom('flow_run')
    .where('deployment_id', '=', deploymentId)
    .where('state_type', '=', 'SCHEDULED')
    .where('state_name', '!=', 'AwaitingConcurrencySlot')
    .where('run_count', '=', 0)
  if (only.autoScheduled) query = query.where('auto_scheduled', '=', 1)
  if (only.future) query = query.where('next_scheduled_start_time', '>', nowMicroseconds())
  await query.execute()
}
