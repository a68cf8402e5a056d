import { randomUUID } from 'node:crypto'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import { blockDocumentCreate, type blockDocumentUpdate } from '@aedile/core/resources/block'
import { nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { z } from 'zod'
import { emitLifecycleEvents } from '../../resource-events/lifecycle-event.ts'
import type { Transaction } from '../../store/store.ts'
import type { Database } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { forgetDefaultResultStorage } from '../admin/default-result-storage.ts'
import { withNumberText } from '../number-text.ts'
import { HttpError } from '../route.ts'
import { toBlockDocumentEvents } from './block-document-event.ts'
import { loadBlockDocument } from './load-block-documents.ts'
import { keepMaskedSecrets, secretFieldsOf } from './secret-fields.ts'

/** What a new document needs: only an anonymous one gets a name by itself. */
export const namedBlockDocumentCreate = blockDocumentCreate.refine(({ name, is_anonymous }) => is_anonymous || name != null, {
  message: 'Names must be provided for block documents.',
})

type References = Map<string, string>

/** Stores a new document and answers its id. */
export async function createBlockDocument(workspace: Workspace, wanted: z.output<typeof blockDocumentCreate>): Promise<string> {
  const id = randomUUID()
  const name = wanted.name ?? `anonymous-${randomUUID()}`
  const { data, references } = separateReferences(withNumberText(wanted.data))
  const encrypted = workspace.encryption.encrypt(JSON.stringify(data))
  await workspace.store.write(async (transaction) => {
    const { db } = transaction
    const type = await db.selectFrom('block_type').select('name').where('id', '=', wanted.block_type_id).executeTakeFirst()
    if (!type) throw new HttpError(404, 'Block type not found')
    const schema = await db.selectFrom('block_schema').select('id').where('id', '=', wanted.block_schema_id).executeTakeFirst()
    if (!schema) throw new HttpError(404, 'Block schema not found')
    const other = await db
      .selectFrom('block_document')
      .select('id')
      .where('block_type_id', '=', wanted.block_type_id)
      .where('name', '=', name)
      .executeTakeFirst()
    if (other) throw new HttpError(409, 'Block already exists')
    const now = nowMicroseconds()
    await db
      .insertInto('block_document')
      .values({
        id,
        created: now,
        updated: now,
        name,
        data: encrypted,
        block_schema_id: wanted.block_schema_id,
        block_type_id: wanted.block_type_id,
        block_type_name: type.name,
        is_anonymous: wanted.is_anonymous ? 1 : 0,
      })
      .execute()
    await replaceReferences(db, id, references)
    await tell(transaction, workspace, 'created', id)
  })
  return id
}

/** Changes a document: new keys overlay the stored ones unless the update replaces all. False when it does not exist. */
export async function updateBlockDocument(
  workspace: Workspace,
  id: string,
  update: z.output<typeof blockDocumentUpdate>,
): Promise<boolean> {
  const { encryption } = workspace
  return workspace.store.write(async (transaction) => {
    const { db } = transaction
    const row = await db.selectFrom('block_document').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) return false
    const schema = await db.selectFrom('block_schema').select('fields').where('id', '=', row.block_schema_id).executeTakeFirst()
    const schemaId = update.block_schema_id ?? row.block_schema_id
    if (schemaId !== row.block_schema_id) await checkSameType(db, schemaId, row.block_type_id)

    const stored = parseJsonKeepingNumbers(encryption.decrypt(row.data)) as JsonObject
    const secretFields = schema ? secretFieldsOf(JSON.parse(schema.fields)) : []
    const sent = separateReferences(keepMaskedSecrets(withNumberText(update.data), stored, secretFields))
    const former = update.merge_existing_data ? await readReferences(db, id) : new Map<string, string>()
    const base = update.merge_existing_data ? stored : {}
    for (const name of sent.references.keys()) delete base[name]
    for (const name of Object.keys(sent.data)) former.delete(name)

    const data = JSON.stringify({ ...base, ...sent.data })
    await db
      .updateTable('block_document')
      .set({ data: encryption.encrypt(data), block_schema_id: schemaId, updated: nowMicroseconds() })
      .where('id', '=', id)
      .execute()
    await replaceReferences(db, id, new Map([...former, ...sent.references]))
    await tell(transaction, workspace, 'updated', id)
    return true
  })
}

/** Deletes a document. False when it does not exist. */
export async function deleteBlockDocument(workspace: Workspace, id: string): Promise<boolean> {
  return workspace.store.write(async (transaction) => {
    await tell(transaction, workspace, 'deleted', id)
    const result = await transaction.db.deleteFrom('block_document').where('id', '=', id).executeTakeFirst()
    await forgetDefaultResultStorage(transaction.db, id)
    return Number(result.numDeletedRows) > 0
  })
}

async function tell(
  transaction: Transaction,
  workspace: Workspace,
  action: 'created' | 'updated' | 'deleted',
  id: string,
): Promise<void> {
  const reading = { db: transaction.db, encryption: workspace.encryption, includeSecrets: false }
  const events = toBlockDocumentEvents(action, await loadBlockDocument(reading, id))
  await emitLifecycleEvents(transaction, workspace, events)
}

/** References stand directly under a key of the data, as `{"$ref": {"block_document_id": ...}}`. */
function separateReferences(data: JsonObject): { data: JsonObject; references: References } {
  const own: [string, JsonValue][] = []
  const references: References = new Map()
  for (const [key, value] of Object.entries(data)) {
    if (!isJsonObject(value) || !Object.hasOwn(value, '$ref')) {
      own.push([key, value])
      continue
    }
    const target = isJsonObject(value.$ref) ? value.$ref.block_document_id : null
    if (typeof target !== 'string') {
      throw new HttpError(400, `Received block reference without a block_document_id in key ${key}`)
    }
    references.set(key, target.toLowerCase())
  }
  return { data: Object.fromEntries(own), references }
}

async function readReferences(db: Kysely<Database>, parent: string): Promise<References> {
  const rows = await db
    .selectFrom('block_document_reference')
    .selectAll()
    .where('parent_block_document_id', '=', parent)
    .execute()
  return new Map(rows.map((row) => [row.name, row.reference_block_document_id]))
}

async function replaceReferences(db: Kysely<Database>, parent: string, references: References): Promise<void> {
  await db.deleteFrom('block_document_reference').where('parent_block_document_id', '=', parent).execute()
  for (const [name, target] of references) {
    await refuseCycle(db, parent, target)
    await db
      .insertInto('block_document_reference')
      .values({ id: randomUUID(), name, parent_block_document_id: parent, reference_block_document_id: target })
      .execute()
  }
}

async function refuseCycle(db: Kysely<Database>, parent: string, target: string): Promise<void> {
  const seen = new Set<string>()
  let level = [target]
  while (level.length > 0) {
    if (level.includes(parent)) {
      throw new HttpError(
        400,
        `Cannot create block document reference: it would introduce a cycle into the block_document_reference graph (parent=${parent}, reference=${target}).`,
      )
    }
    for (const id of level) seen.add(id)
    const next = await db
      .selectFrom('block_document_reference')
      .select('reference_block_document_id as id')
      .where('parent_block_document_id', 'in', level)
      .execute()
    level = [...new Set(next.map(({ id }) => id))].filter((id) => !seen.has(id))
  }
}

async function checkSameType(db: Kysely<Database>, schemaId: string, typeId: string): Promise<void> {
  const schema = await db.selectFrom('block_schema').select('block_type_id').where('id', '=', schemaId).executeTakeFirst()
  if (!schema) throw new HttpError(404, 'Block schema not found')
  if (schema.block_type_id !== typeId) {
    throw new HttpError(400, 'Must migrate block document to a block schema of the same block type.')
  }
}
