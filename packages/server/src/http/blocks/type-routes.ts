import { randomUUID } from 'node:crypto'
import { blockSchemaFilter, blockTypeFilter } from '@aedile/core/filters/block'
import { pageFields } from '@aedile/core/filters/page'
import { blockDocument, blockType, blockTypeCreate, blockTypeUpdate } from '@aedile/core/resources/block'
import { uuid } from '@aedile/core/resources/scalars'
import { nowMicroseconds } from '@aedile/core/time'
import { type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { blockSchemaCondition, blockTypeCondition } from '../../store/queries/filters/block.ts'
import { applyPage, readPage } from '../../store/queries/page.ts'
import type { BlockTypeTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { toBlockType } from './block-rows.ts'
import { installSystemBlocks } from './install-system-blocks.ts'
import { loadBlockDocuments } from './load-block-documents.ts'
import { includeSecretsQuery } from './secrets-query.ts'

const params = z.object({ id: uuid })
const slugParams = z.object({ slug: z.string() })
const notFound = () => new HttpError(404, 'Block type not found')

/** Source: WC 1.13, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/block_types/',
    summary: 'Make a block type',
    resource: 'block-type',
    action: 'create',
    body: blockTypeCreate,
    responses: { 201: blockType, 403: null, 409: null },
    async handle({ workspace, body, reply }) {
      if (/^prefect/i.test(body.name)) throw new HttpError(403, "Block type names beginning with 'Prefect' are reserved.")
      const now = nowMicroseconds()
      const row: BlockTypeTable = {
        id: randomUUID(),
        created: now,
        updated: now,
        name: body.name,
        slug: body.slug,
        logo_url: body.logo_url ?? null,
        documentation_url: body.documentation_url ?? null,
        description: body.description ?? null,
        code_example: body.code_example ?? null,
        is_protected: 0,
      }
      await workspace.store.write(async ({ db }) => {
        const taken = await db.selectFrom('block_type').select('id').where('slug', '=', row.slug).executeTakeFirst()
        if (taken) throw new HttpError(409, `Block type with name "${body.name}" already exists`)
        await db.insertInto('block_type').values(row).execute()
      })
      reply.code(201)
      return toBlockType(row)
    },
  }),
  route({
    method: 'GET',
    path: '/block_types/:id',
    summary: 'Read a block type',
    resource: 'block-type',
    action: 'read',
    params,
    responses: { 200: blockType, 404: null },
    async handle({ workspace, params: { id } }) {
      const row = await workspace.store.db.selectFrom('block_type').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw notFound()
      return toBlockType(row)
    },
  }),
  route({
    method: 'PATCH',
    path: '/block_types/:id',
    summary: 'Change a block type',
    resource: 'block-type',
    action: 'update',
    params,
    body: blockTypeUpdate,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      const changes = { updated: nowMicroseconds(), ...body }
      const result = await workspace.store.write(({ db }) =>
        db.updateTable('block_type').set(changes).where('id', '=', id).executeTakeFirst(),
      )
      if (Number(result.numUpdatedRows) === 0) throw notFound()
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/block_types/:id',
    summary: 'Delete a block type with its schemas and documents',
    resource: 'block-type',
    action: 'delete',
    params,
    responses: { 204: null, 403: null, 404: null },
    async handle({ workspace, params: { id }, reply }) {
      await workspace.store.write(async ({ db }) => {
        const row = await db.selectFrom('block_type').select('is_protected').where('id', '=', id).executeTakeFirst()
        if (!row) throw notFound()
        if (row.is_protected) throw new HttpError(403, 'protected block types cannot be deleted.')
        await db.deleteFrom('block_type').where('id', '=', id).execute()
      })
      reply.code(204)
    },
  }),
  route({
    method: 'GET',
    path: '/block_types/slug/:slug',
    summary: 'Read a block type by its slug',
    resource: 'block-type',
    action: 'read',
    params: slugParams,
    responses: { 200: blockType, 404: null },
    handle: async ({ workspace, params: { slug } }) => toBlockType(await readBySlug(workspace, slug)),
  }),
  route({
    method: 'POST',
    path: '/block_types/filter',
    summary: 'Search block types',
    resource: 'block-type',
    action: 'read',
    body: keyedBody({ block_types: blockTypeFilter.optional(), block_schemas: blockSchemaFilter.optional(), ...pageFields }),
    responses: { 200: z.array(blockType) },
    async handle({ workspace: { store, settings }, body: { block_types, block_schemas, ...asked } }) {
      let query = store.db.selectFrom('block_type').selectAll('block_type').orderBy('block_type.name')
      if (block_types) query = query.where(blockTypeCondition(block_types, store.kind))
      if (block_schemas) {
        const condition = blockSchemaCondition(block_schemas, store.kind)
        query = query.where(
          sql<SqlBool>`exists (select 1 from block_schema where block_schema.block_type_id = block_type.id and ${condition})`,
        )
      }
      const rows = await store.search(applyPage(query, readPage(asked, settings.defaultLimit)).compile())
      return rows.map(toBlockType)
    },
  }),
  route({
    method: 'GET',
    path: '/block_types/slug/:slug/block_documents',
    summary: 'List the block documents of a type',
    resource: 'block-document',
    action: 'read',
    params: slugParams,
    query: includeSecretsQuery,
    responses: { 200: z.array(blockDocument), 404: null },
    async handle({ workspace, params: { slug }, query: { include_secrets: includeSecrets } }) {
      const { store, encryption } = workspace
      const type = await readBySlug(workspace, slug)
      const rows = await store.db
        .selectFrom('block_document')
        .selectAll()
        .where('block_type_id', '=', type.id)
        .where('is_anonymous', '=', 0)
        .orderBy('name')
        .execute()
      return loadBlockDocuments({ db: store.db, encryption, includeSecrets }, rows)
    },
  }),
  route({
    method: 'GET',
    path: '/block_types/slug/:slug/block_documents/name/:block_document_name',
    summary: 'Read a block document by type and name',
    resource: 'block-document',
    action: 'read',
    params: slugParams.extend({ block_document_name: z.string() }),
    query: includeSecretsQuery,
    responses: { 200: blockDocument, 404: null },
    async handle({ workspace: { store, encryption }, params, query: { include_secrets: includeSecrets } }) {
      const row = await store.db
        .selectFrom('block_document')
        .innerJoin('block_type', 'block_type.id', 'block_document.block_type_id')
        .selectAll('block_document')
        .where('block_type.slug', '=', params.slug)
        .where('block_document.name', '=', params.block_document_name)
        .executeTakeFirst()
      if (!row) throw new HttpError(404, 'Block document not found')
      return (await loadBlockDocuments({ db: store.db, encryption, includeSecrets }, [row]))[0]
    },
  }),
  route({
    method: 'POST',
    path: '/block_types/install_system_block_types',
    summary: 'Make the block types that every server has',
    resource: 'block-type',
    action: 'create',
    responses: { 200: null },
    async handle({ workspace }) {
      await installSystemBlocks(workspace.store)
    },
  }),
]

async function readBySlug(workspace: Workspace, slug: string): Promise<BlockTypeTable> {
  const row = await workspace.store.db.selectFrom('block_type').selectAll().where('slug', '=', slug).executeTakeFirst()
  if (!row) throw notFound()
  return row
}
