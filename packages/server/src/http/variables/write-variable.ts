import { randomUUID } from 'node:crypto'
import type { variableCreate, variableUpdate } from '@aedile/core/resources/variable'
import { nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { z } from 'zod'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import type { Database, VariableTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { withNumberText } from '../number-text.ts'
import { HttpError } from '../route.ts'
import { toVariableEvent } from './variable-event.ts'

/** A variable is named by its id or by its name. */
export type VariableKey = { id: string } | { name: string }

const nameTaken = (name: string) => new HttpError(409, `A variable with the name '${name}' already exists.`)

export function findVariable(db: Kysely<Database>, key: VariableKey): Promise<VariableTable | undefined> {
  const query = db.selectFrom('variable').selectAll()
  return ('id' in key ? query.where('id', '=', key.id) : query.where('name', '=', key.name)).executeTakeFirst()
}

/** Stores a new variable. A name that is taken is refused. */
export async function insertVariable(workspace: Workspace, wanted: z.output<typeof variableCreate>): Promise<VariableTable> {
  const now = nowMicroseconds()
  const row: VariableTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    name: wanted.name,
    value: JSON.stringify(withNumberText(wanted.value)),
    tags: JSON.stringify(wanted.tags),
  }
  await workspace.store.write(async (transaction) => {
    const inserted = await transaction.db
      .insertInto('variable')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirst()
    if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) throw nameTaken(wanted.name)
    await emitLifecycleEvents(transaction, workspace, [toVariableEvent('created', row)])
  })
  return row
}

/** Changes what was sent of a variable. False when it does not exist. */
export async function updateVariable(
  workspace: Workspace,
  key: VariableKey,
  wanted: z.output<typeof variableUpdate>,
): Promise<boolean> {
  return workspace.store.write(async (transaction) => {
    const { db } = transaction
    const row = await findVariable(db, key)
    if (!row) return false
    const name = wanted.name ?? row.name
    if (name !== row.name && (await findVariable(db, { name }))) throw nameTaken(name)
    const changes = {
      updated: nowMicroseconds(),
      name,
      ...(wanted.value !== undefined && { value: JSON.stringify(withNumberText(wanted.value)) }),
      ...(wanted.tags && { tags: JSON.stringify(wanted.tags) }),
    }
    await db.updateTable('variable').set(changes).where('id', '=', row.id).execute()
    await emitLifecycleEvents(transaction, workspace, [toVariableEvent('updated', { ...row, ...changes })])
    return true
  })
}

/** Deletes a variable. False when it does not exist. */
export async function deleteVariable(workspace: Workspace, key: VariableKey): Promise<boolean> {
  return workspace.store.write(async (transaction) => {
    const row = await findVariable(transaction.db, key)
    if (!row) return false
    await transaction.db.deleteFrom('variable').where('id', '=', row.id).execute()
    await emitLifecycleEvents(transaction, workspace, [toVariableEvent('deleted', row)])
    return true
  })
}
