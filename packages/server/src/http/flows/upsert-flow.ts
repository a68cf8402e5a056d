import { randomUUID } from 'node:crypto'
import type { flowCreate } from '@aedile/core/resources/flow'
import { nowMicroseconds } from '@aedile/core/time'
import type { z } from 'zod'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import type { FlowTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { toFlowEvent } from './flow-event.ts'

/** The flow of a name, made when there is none. One that exists stays as it is. */
export async function upsertFlow(
  workspace: Workspace,
  wanted: z.output<typeof flowCreate>,
): Promise<{ flow: FlowTable; isNew: boolean }> {
  const { store } = workspace
  const known = await store.db.selectFrom('flow').selectAll().where('name', '=', wanted.name).executeTakeFirst()
  if (known) return { flow: known, isNew: false }
  const now = nowMicroseconds()
  const made: FlowTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    name: wanted.name,
    tags: JSON.stringify(wanted.tags),
    labels: JSON.stringify(wanted.labels ?? {}),
  }
  return store.write(async (transaction) => {
    const { db } = transaction
    await db
      .insertInto('flow')
      .values(made)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
    const flow = await db.selectFrom('flow').selectAll().where('name', '=', wanted.name).executeTakeFirstOrThrow()
    const isNew = flow.id === made.id
    if (isNew) await emitLifecycleEvents(transaction, workspace, [toFlowEvent('created', flow)])
    return { flow, isNew }
  })
}
