import { randomUUID } from 'node:crypto'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import type { BlockSchemaTable, Database } from '../../store/tables.ts'
import { HttpError } from '../route.ts'

type WantedSchema = {
  checksum: string
  fields: JsonObject
  block_type_id?: string | null
  capabilities: string[]
  version: string
}

/** The schema of a checksum and version, made when there is none. */
export async function ensureBlockSchema(
  db: Kysely<Database>,
  wanted: WantedSchema,
): Promise<{ row: BlockSchemaTable; isNew: boolean }> {
  const typeId = wanted.block_type_id ?? null
  const type = typeId && (await db.selectFrom('block_type').select('id').where('id', '=', typeId).executeTakeFirst())
  if (!type) throw new HttpError(404, `Block type ${typeId ?? 'None'} not found.`)
  const known = await findSchema(db, wanted)
  if (known) return { row: known, isNew: false }
  const now = nowMicroseconds()
  const row: BlockSchemaTable = {
    id: randomUUID(),
    created: now,
    updated: now,
    checksum: wanted.checksum,
    fields: JSON.stringify(wanted.fields),
    block_type_id: type.id,
    capabilities: JSON.stringify(wanted.capabilities),
    version: wanted.version,
  }
  await db
    .insertInto('block_schema')
    .values(row)
    .onConflict((conflict) => conflict.columns(['checksum', 'version']).doNothing())
    .execute()
  const stored = (await findSchema(db, wanted))!
  const isNew = stored.id === row.id
  if (isNew) await linkNestedSchemas(db, row.id, wanted.fields)
  return { row: stored, isNew }
}

function findSchema(db: Kysely<Database>, { checksum, version }: WantedSchema): Promise<BlockSchemaTable | undefined> {
  return db
    .selectFrom('block_schema')
    .selectAll()
    .where('checksum', '=', checksum)
    .where('version', '=', version)
    .executeTakeFirst()
}

/** A nested block's type has to be known before; its schema is linked when it is. */
async function linkNestedSchemas(db: Kysely<Database>, parent: string, fields: JsonObject): Promise<void> {
  const declared = fields.block_schema_references
  if (!isJsonObject(declared)) return
  for (const [name, value] of Object.entries(declared)) {
    for (const reference of Array.isArray(value) ? value : [value]) {
      if (!isJsonObject(reference)) continue
      const slug = String(reference.block_type_slug)
      const type = await db.selectFrom('block_type').select('id').where('slug', '=', slug).executeTakeFirst()
      if (!type) {
        throw new HttpError(
          409,
          `Cannot create block schema because block type '${slug}' was not found.Did you forget to register the block type?`,
        )
      }
      const nested = await db
        .selectFrom('block_schema')
        .select('id')
        .where('checksum', '=', String(reference.block_schema_checksum))
        .orderBy('created', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (!nested) continue
      await db
        .insertInto('block_schema_reference')
        .values({ id: randomUUID(), name, parent_block_schema_id: parent, reference_block_schema_id: nested.id })
        .execute()
    }
  }
}
