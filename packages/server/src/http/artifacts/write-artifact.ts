import { randomUUID } from 'node:crypto'
import type { JsonValue } from '@aedile/core/json'
import type { artifactCreate, artifactUpdate } from '@aedile/core/resources/artifact'
import { nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { z } from 'zod'
import type { Store } from '../../store/store.ts'
import type { ArtifactTable, Database } from '../../store/tables.ts'

/** The longest value of an artifact's metadata; the rest is cut. */
const METADATA_LENGTH = 500

/** Stores an artifact. One with a key becomes the latest of its key. */
export async function createArtifact(store: Store, wanted: z.output<typeof artifactCreate>): Promise<ArtifactTable> {
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
  await store.write(async ({ db }) => {
    await db.insertInto('artifact').values(row).execute()
    if (row.key !== null) await makeLatest(db, row.key, row, now)
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
export async function deleteArtifact(store: Store, id: string): Promise<boolean> {
  return store.write(async ({ db }) => {
    const row = await db.selectFrom('artifact').select('key').where('id', '=', id).executeTakeFirst()
    if (!row) return false
    await db.deleteFrom('artifact').where('id', '=', id).execute()
    const latest = await db.selectFrom('artifact_collection').select('key').where('latest_id', '=', id).executeTakeFirst()
    if (latest) await repointLatest(db, latest.key)
    return true
  })
}

async function repointLatest(db: Kysely<Database>, key: string): Promise<void> {
  const former = await db.selectFrom('artifact').selectAll().where('key', '=', key).orderBy('created', 'desc').limit(1).executeTakeFirst()
  await db.deleteFrom('artifact_collection').where('key', '=', key).execute()
  if (former) await makeLatest(db, key, former, former.created)
}

async function makeLatest(db: Kysely<Database>, key: string, row: ArtifactTable, created: number): Promise<void> {
  const { type, description, data, metadata_, flow_run_id, task_run_id, updated } = row
  const shown = { latest_id: row.id, updated, type, description, data, metadata_, flow_run_id, task_run_id }
  await db
    .insertInto('artifact_collection')
    .values({ id: randomUUID(), created, key, ...shown })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(shown))
    .execute()
}

function toText(data: JsonValue | undefined): string | null {
  return data === undefined || data === null ? null : JSON.stringify(data)
}

function toMetadataText(metadata: Record<string, string> | null | undefined): string | null {
  if (!metadata) return null
  const cut = (text: string) => (text.length > METADATA_LENGTH ? `${text.slice(0, METADATA_LENGTH)}...` : text)
  return JSON.stringify(Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, cut(text)])))
}
