import { isJsonObject } from '@aedile/core/json'
import { nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { Database } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'

const KEY = 'default-result-storage'

/** The block that keeps results when a flow names none. */
export async function readDefaultResultStorage(
  workspace: Workspace,
): Promise<{ default_result_storage_block_id: string | null }> {
  return { default_result_storage_block_id: await findBlockDocumentId(workspace.store.db) }
}

/** Sets the block, when it exists and can write. */
export async function writeDefaultResultStorage(workspace: Workspace, blockDocumentId: string): Promise<void> {
  await workspace.store.write(async ({ db }) => {
    const found = await db
      .selectFrom('block_document')
      .innerJoin('block_schema', 'block_schema.id', 'block_document.block_schema_id')
      .select('block_schema.capabilities')
      .where('block_document.id', '=', blockDocumentId)
      .executeTakeFirst()
    if (!found) throw new HttpError(404, `Block document ${blockDocumentId} not found.`)
    if (!(JSON.parse(found.capabilities) as string[]).includes('write-path')) {
      throw new HttpError(422, `Block document ${blockDocumentId} cannot be used for result storage.`)
    }
    await db.deleteFrom('configuration').where('key', '=', KEY).execute()
    const value = JSON.stringify({ block_document_id: blockDocumentId })
    await db.insertInto('configuration').values({ key: KEY, value, updated: nowMicroseconds() }).execute()
  })
}

/** Forgets the block. */
export async function clearDefaultResultStorage(workspace: Workspace): Promise<void> {
  await workspace.store.write(async ({ db }) => {
    await db.deleteFrom('configuration').where('key', '=', KEY).execute()
  })
}

/** Forgets the block when it is this one, which was deleted. */
export async function forgetDefaultResultStorage(db: Kysely<Database>, blockDocumentId: string): Promise<void> {
  if ((await findBlockDocumentId(db)) === blockDocumentId) await db.deleteFrom('configuration').where('key', '=', KEY).execute()
}

async function findBlockDocumentId(db: Kysely<Database>): Promise<string | null> {
  const row = await db.selectFrom('configuration').select('value').where('key', '=', KEY).executeTakeFirst()
  const value: unknown = row ? JSON.parse(row.value) : null
  const id = isJsonObject(value) ? value.block_document_id : null
  return typeof id === 'string' ? id : null
}
