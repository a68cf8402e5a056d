import { blockSchemaFilter } from '@aedile/core/filters/block'
import { pageFields } from '@aedile/core/filters/page'
import { blockSchema, blockSchemaCreate } from '@aedile/core/resources/block'
import { uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { blockSchemaCondition } from '../../store/queries/filters/block.ts'
import { applyPage, readPage } from '../../store/queries/page.ts'
import type { Store } from '../../store/store.ts'
import type { BlockSchemaTable } from '../../store/tables.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { toBlockSchema } from './block-rows.ts'
import { computeSchemaChecksum, readFieldsText } from './checksum.ts'
import { ensureBlockSchema } from './ensure-block-schema.ts'

const params = z.object({ id: uuid })
const notFound = () => new HttpError(404, 'Block schema not found')

/** Source: WC 1.13, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/block_schemas/',
    summary: 'Make a block schema, or read the one of that checksum and version',
    resource: 'block-schema',
    action: 'create',
    body: blockSchemaCreate,
    responses: { 201: blockSchema, 200: blockSchema, 404: null, 409: null },
    async handle({ workspace: { store }, body, request, reply }) {
      // The checksum depends on how numbers were written, which the parsed body has forgotten.
      const checksum = computeSchemaChecksum(readFieldsText(String(request.body)))
      const { row, isNew } = await store.write(({ db }) => ensureBlockSchema(db, { ...body, checksum }))
      reply.code(isNew ? 201 : 200)
      return withType(store, row)
    },
  }),
  route({
    method: 'GET',
    path: '/block_schemas/:id',
    summary: 'Read a block schema',
    resource: 'block-schema',
    action: 'read',
    params,
    responses: { 200: blockSchema, 404: null },
    async handle({ workspace: { store }, params: { id } }) {
      const row = await store.db.selectFrom('block_schema').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw notFound()
      return withType(store, row)
    },
  }),
  route({
    method: 'GET',
    path: '/block_schemas/checksum/:checksum',
    summary: 'Read a block schema by its checksum, the newest when no version is given',
    resource: 'block-schema',
    action: 'read',
    params: z.object({ checksum: z.string() }),
    query: z.object({ version: z.string().optional() }),
    responses: { 200: blockSchema, 404: null },
    async handle({ workspace: { store }, params: { checksum }, query: { version } }) {
      let query = store.db.selectFrom('block_schema').selectAll().where('checksum', '=', checksum)
      if (version !== undefined) query = query.where('version', '=', version)
      const row = await query.orderBy('created', 'desc').limit(1).executeTakeFirst()
      if (!row) throw notFound()
      return withType(store, row)
    },
  }),
  route({
    method: 'DELETE',
    path: '/block_schemas/:id',
    summary: 'Delete a block schema',
    resource: 'block-schema',
    action: 'delete',
    params,
    responses: { 204: null, 403: null, 404: null },
    async handle({ workspace: { store }, params: { id }, reply }) {
      await store.write(async ({ db }) => {
        const row = await db
          .selectFrom('block_schema')
          .innerJoin('block_type', 'block_type.id', 'block_schema.block_type_id')
          .select('block_type.is_protected')
          .where('block_schema.id', '=', id)
          .executeTakeFirst()
        if (!row) throw notFound()
        if (row.is_protected) throw new HttpError(403, 'Block schemas for protected block types cannot be deleted.')
        await db.deleteFrom('block_schema').where('id', '=', id).execute()
      })
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/block_schemas/filter',
    summary: 'Search block schemas, newest first',
    resource: 'block-schema',
    action: 'read',
    body: keyedBody({ block_schemas: blockSchemaFilter.optional(), ...pageFields }),
    responses: { 200: z.array(blockSchema) },
    async handle({ workspace: { store, settings }, body: { block_schemas, ...asked } }) {
      let query = store.db.selectFrom('block_schema').selectAll().orderBy('created', 'desc').orderBy('id', 'desc')
      if (block_schemas) query = query.where(blockSchemaCondition(block_schemas, store.kind))
      const rows = await store.search(applyPage(query, readPage(asked, settings.defaultLimit)).compile())
      return Promise.all(rows.map((row) => withType(store, row)))
    },
  }),
  route({
    method: 'GET',
    path: '/block_capabilities/',
    summary: 'All capabilities that block schemas have',
    resource: 'block-schema',
    action: 'read',
    responses: { 200: z.array(z.string()) },
    async handle({ workspace: { store } }) {
      const rows = await store.db.selectFrom('block_schema').select('capabilities').execute()
      return [...new Set(rows.flatMap((row) => JSON.parse(row.capabilities) as string[]))].sort()
    },
  }),
]

async function withType(store: Store, row: BlockSchemaTable) {
  const type = await store.db.selectFrom('block_type').selectAll().where('id', '=', row.block_type_id).executeTakeFirst()
  return toBlockSchema(row, type ?? null)
}
