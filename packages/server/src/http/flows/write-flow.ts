import { nowMicroseconds } from '@aedile/core/time'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import type { Workspace } from '../../workspace.ts'
import { toFlowEvent } from './flow-event.ts'

/** Changes the tags of a flow. False when it does not exist. */
export async function updateFlow(workspace: Workspace, id: string, tags: string[] | undefined): Promise<boolean> {
  return workspace.store.write(async (transaction) => {
    const { db } = transaction
    const changes = { updated: nowMicroseconds(), ...(tags && { tags: JSON.stringify(tags) }) }
    await db.updateTable('flow').set(changes).where('id', '=', id).execute()
    const flow = await db.selectFrom('flow').selectAll().where('id', '=', id).executeTakeFirst()
    if (flow) await emitLifecycleEvents(transaction, workspace, [toFlowEvent('updated', flow)])
    return flow !== undefined
  })
}

/** Deletes flows with their deployments and runs; answers the ids of those that existed. */
export async function deleteFlows(workspace: Workspace, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  return workspace.store.write(async (transaction) => {
    const { db } = transaction
    const flows = await db.selectFrom('flow').selectAll().where('id', 'in', ids).execute()
    await db.deleteFrom('flow').where('id', 'in', ids).execute()
    const events = flows.map((flow) => toFlowEvent('deleted', flow))
    await emitLifecycleEvents(transaction, workspace, events)
    return flows.map(({ id }) => id)
  })
}
