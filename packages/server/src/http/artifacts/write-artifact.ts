import { randomUUID } from 'node:crypto'
import type { JsonValue } from '@aedile/core/json'
import type { artifactCreate, artifactUpdate } from '@aedile/core/resources/artifact'
import { nowMicroseconds } from '@aedile/core/time'
import type { z } from 'zod'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import type { Store, Transaction } from '../../store/store.ts'
import type { ArtifactTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { toArtifactCollectionEvent } from './artifact-collection-event.ts'

/** The longest value of an artifact's metadata; the rest is cut. */
const METADATA_LENGTH = 500

/** Stores an artifact. One with a key becomes the latest of its key. */
export async function createArtifact(workspace: Workspace, wanted: z.output<typeof artifactCreate>): Promise<ArtifactTable> {
  const now = nowMicroseconds()
  const row: ArtifactTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    key: wanted.key ?? null,
    type: wanted.type ?? null,
    description: wanted.description ?? null,
    data: toText(wanted.data),
    metadata_: toMetadataText(wanted.metadata_),
    flow_run_id: wanted.flow_run_id ?? null,
    task_run_id: wanted.task_run_id ?? null,
    flow_run_state_id: null,
    task_run_state_id: null,
  }
  await workspace.store.write(async (transaction) => {
    await transaction.db.insertInto('artifact').values(row).execute()
    if (row.key !== null) await makeLatest(transaction, workspace, row.key, row)
  })
  return row
}

/** Changes what was sent of an artifact. False when it does not exist. */
export async function updateArtifact(store: Store, id: string, wanted: z.output<typeof artifactUpdate>): Promise<boolean> {
  const changes = {
    updated: nowMicroseconds(),
    ...(wanted.data !== undefined && { data: toText(wanted.data) }),
    ...(wanted.description !== undefined && { description: wanted.description }),
    ...(wanted.metadata_ !== undefined && { metadata_: toMetadataText(wanted.metadata_) }),
  }
  return store.write(async ({ db }) => {
    const result = await db.updateTable('artifact').set(changes).where('id', '=', id).executeTakeFirst()
    await db.updateTable('artifact_collection').set(changes).where('latest_id', '=', id).execute()
    return Number(result.numUpdatedRows) > 0
  })
}

/** Deletes an artifact. When it was the latest of its key, the one before it becomes the latest. False when it does not exist. */
export async function deleteArtifact(workspace: Workspace, id: string): Promise<boolean> {
  return workspace.store.write(async (transaction) => {
    const { db } = transaction
    const row = await db.selectFrom('artifact').select('key').where('id', '=', id).executeTakeFirst()
    if (!row) return false
    await db.deleteFrom('artifact').where('id', '=', id).execute()
    const latest = await db.selectFrom('artifact_collection').select('key').where('latest_id', '=', id).executeTakeFirst()
    if (latest) await repointLatest(transaction, workspace, latest.key)
    return true
  })
}

async function repointLatest(transaction: Transaction, workspace: Workspace, key: string): Promise<void> {
  const { db } = transaction
  const former = await db
    .selectFrom('artifact')
    .selectAll()
    .where('key', '=', key)
    .orderBy('created', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (former) return makeLatest(transaction, workspace, key, former)
  const gone = await db.selectFrom('artifact_collection').selectAll().where('key', '=', key).executeTakeFirstOrThrow()
  await db.deleteFrom('artifact_collection').where('key', '=', key).execute()
  await emitLifecycleEvents(transaction, workspace, [toArtifactCollectionEvent('deleted', gone)])
}

async function makeLatest(transaction: Transaction, workspace: Workspace, key: string, row: ArtifactTable): Promise<void> {
  const { db } = transaction
  const { type, description, data, metadata_, flow_run_id, task_run_id, created, updated } = row
  const shown = { latest_id: row.id, updated, type, description, data, metadata_, flow_run_id, task_run_id }
  const id = randomUUID()
  await db
    .insertInto('artifact_collection')
    .values({ id, created, key, ...shown })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(shown))
    .execute()
  const stored = await db.selectFrom('artifact_collection').selectAll().where('key', '=', key).executeTakeFirstOrThrow()
  const action = stored.id === id ? 'created' : 'updated'
  await emitLifecycleEvents(transaction, workspace, [toArtifactCollectionEvent(action, stored)])
}

function toText(data: JsonValue | undefined): string | null {
  return data === undefined || data === null ? null : JSON.stringify(data)
}

function toMetadataText(metadata: Record<string, string> | null | undefined): string | null {
  if (!metadata) return null
  const cut = (text: string) => (text.length > METADATA_LENGTH ? `${text.slice(0, METADATA_LENGTH)}...` : text)
  return JSON.stringify(Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, cut(text)])))
}
