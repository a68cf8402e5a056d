import type { JsonObject } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import type { BlockDocument } from '@aedile/core/resources/block'
import { formatTimestamp } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { Encryption } from '../../store/encryption.ts'
import type {
  BlockDocumentReferenceTable,
  BlockDocumentTable,
  BlockSchemaTable,
  BlockTypeTable,
  Database,
} from '../../store/tables.ts'
import { toBlockSchema, toBlockType } from './block-rows.ts'
import { maskSecrets, secretFieldsOf } from './secret-fields.ts'

const MAX_DEPTH = 50

/** What reading documents needs: a view of the database, the key, and whether secrets are shown. */
export type DocumentReading = { db: Kysely<Database>; encryption: Encryption; includeSecrets: boolean }

type Loaded = {
  documents: Map<string, BlockDocumentTable>
  schemas: Map<string, BlockSchemaTable>
  types: Map<string, BlockTypeTable>
  references: Map<string, BlockDocumentReferenceTable[]>
}

/** Completes rows to documents: decrypted, with the data of the blocks that they refer to, secrets masked unless asked for. */
export async function loadBlockDocuments(
  reading: DocumentReading,
  rows: readonly BlockDocumentTable[],
): Promise<BlockDocument[]> {
  const loaded = await loadGraph(reading.db, rows)
  return rows.map((row) => buildDocument(reading, loaded, row, 0))
}

/** One document by its id, or null. */
export async function loadBlockDocument(reading: DocumentReading, id: string): Promise<BlockDocument | null> {
  const row = await reading.db.selectFrom('block_document').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? ((await loadBlockDocuments(reading, [row]))[0] ?? null) : null
}

async function loadGraph(db: Kysely<Database>, rows: readonly BlockDocumentTable[]): Promise<Loaded> {
  const documents = new Map(rows.map((row) => [row.id, row]))
  const references = new Map<string, BlockDocumentReferenceTable[]>()
  let level = [...documents.keys()]
  for (let depth = 0; level.length > 0 && depth <= MAX_DEPTH; depth++) {
    const found = await db
      .selectFrom('block_document_reference')
      .selectAll()
      .where('parent_block_document_id', 'in', level)
      .execute()
    for (const reference of found) {
      const siblings = references.get(reference.parent_block_document_id) ?? []
      references.set(reference.parent_block_document_id, [...siblings, reference])
    }
    level = [...new Set(found.map(({ reference_block_document_id: id }) => id))].filter((id) => !documents.has(id))
    if (level.length === 0) break
    for (const row of await db.selectFrom('block_document').selectAll().where('id', 'in', level).execute())
      documents.set(row.id, row)
  }
  const all = [...documents.values()]
  return {
    documents,
    references,
    schemas: await loadById(db, 'block_schema', new Set(all.map((row) => row.block_schema_id))),
    types: await loadById(db, 'block_type', new Set(all.map((row) => row.block_type_id))),
  }
}

async function loadById<Table extends 'block_schema' | 'block_type'>(
  db: Kysely<Database>,
  table: Table,
  ids: Set<string>,
): Promise<Map<string, Database[Table]>> {
  if (ids.size === 0) return new Map()
  const rows = (await db
    .selectFrom(table as 'block_schema')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()) as unknown as Database[Table][]
  return new Map(rows.map((row) => [row.id, row]))
}

function buildDocument(reading: DocumentReading, loaded: Loaded, row: BlockDocumentTable, depth: number): BlockDocument {
  if (depth > MAX_DEPTH) throw new Error(`Block documents refer to each other more than ${MAX_DEPTH} deep, from ${row.id}`)
  const schema = loaded.schemas.get(row.block_schema_id)
  const type = loaded.types.get(row.block_type_id) ?? null
  const stored = parseJsonKeepingNumbers(reading.encryption.decrypt(row.data)) as JsonObject
  const document: BlockDocument = {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    data: reading.includeSecrets || !schema ? stored : maskSecrets(stored, secretFieldsOf(JSON.parse(schema.fields))),
    block_schema_id: row.block_schema_id,
    block_schema: schema ? toBlockSchema(schema, type) : null,
    block_type_id: row.block_type_id,
    block_type_name: row.block_type_name,
    block_type: type && toBlockType(type),
    block_document_references: {},
    is_anonymous: row.is_anonymous === 1,
  }
  for (const reference of loaded.references.get(row.id) ?? []) {
    const child = loaded.documents.get(reference.reference_block_document_id)
    if (child) addChild(document, reference.name, buildDocument(reading, loaded, child, depth + 1))
  }
  return document
}

function addChild(parent: BlockDocument, name: string, child: BlockDocument): void {
  parent.data[name] = child.data
  parent.block_document_references[name] = {
    block_document: {
      id: child.id,
      name: child.name,
      block_type: child.block_type,
      is_anonymous: child.is_anonymous,
      block_document_references: child.block_document_references,
    },
  }
}
