import { emitDeploymentEvent } from '../../resource-events/deployment-events.ts'
import { deleteScheduledRuns } from '../../scheduling/delete-scheduled-runs.ts'
import type { Transaction } from '../../store/store.ts'
import type { Workspace } from '../../workspace.ts'
import { ownLimitName } from './deployment-limit.ts'

/** Deletes a deployment with the runs that never ran; its other runs stay. False when there is none. Source: WC 4.3. */
export async function deleteDeployment(transaction: Transaction, workspace: Workspace, id: string): Promise<boolean> {
  const { db } = transaction
  const row = await db.selectFrom('deployment').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return false
  await emitDeploymentEvent(transaction, workspace, 'deleted', row)
  await deleteScheduledRuns(transaction, id)
  await db.deleteFrom('deployment').where('id', '=', id).execute()
  await db.deleteFrom('concurrency_limit').where('name', '=', ownLimitName(id)).execute()
  return true
}
