import {
  type BlockDocumentFilter,
  type BlockSchemaFilter,
  type BlockTypeFilter,
  blockDocumentFilter,
  blockDocumentSort,
  blockSchemaFilter,
  blockTypeFilter,
} from '@aedile/core/filters/block'
import { pageFields } from '@aedile/core/filters/page'
import { blockDocument, blockDocumentUpdate } from '@aedile/core/resources/block'
import { uuid } from '@aedile/core/resources/scalars'
import { type Expression, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { blockDocumentCondition, blockSchemaCondition, blockTypeCondition } from '../../store/queries/filters/block.ts'
import { applyPage, readPage } from '../../store/queries/page.ts'
import { applySort, sortByBlockDocument } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { loadBlockDocument, loadBlockDocuments } from './load-block-documents.ts'
import { includeSecretsQuery } from './secrets-query.ts'
import {
  createBlockDocument,
  deleteBlockDocument,
  namedBlockDocumentCreate,
  updateBlockDocument,
} from './write-block-document.ts'

const params = z.object({ id: uuid })
const notFound = () => new HttpError(404, 'Block document not found')
const filters = {
  block_documents: blockDocumentFilter.optional(),
  block_types: blockTypeFilter.optional(),
  block_schemas: blockSchemaFilter.optional(),
}
type Filters = { block_documents?: BlockDocumentFilter; block_types?: BlockTypeFilter; block_schemas?: BlockSchemaFilter }

/** Source: WC 1.13, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/block_documents/',
    summary: 'Make a block document',
    resource: 'block-document',
    action: 'create',
    body: namedBlockDocumentCreate,
    responses: { 201: blockDocument, 400: null, 409: null },
    async handle({ workspace, body, reply }) {
      const id = await createBlockDocument(workspace, body)
      reply.code(201)
      return loadBlockDocument({ db: workspace.store.db, encryption: workspace.encryption, includeSecrets: false }, id)
    },
  }),
  route({
    method: 'GET',
    path: '/block_documents/:id',
    summary: 'Read a block document',
    resource: 'block-document',
    action: 'read',
    params,
    query: includeSecretsQuery,
    responses: { 200: blockDocument, 404: null },
    async handle({ workspace: { store, encryption }, params: { id }, query: { include_secrets: includeSecrets } }) {
      const document = await loadBlockDocument({ db: store.db, encryption, includeSecrets }, id)
      if (!document) throw notFound()
      return document
    },
  }),
  route({
    method: 'PATCH',
    path: '/block_documents/:id',
    summary: "Change a block document's data",
    resource: 'block-document',
    action: 'update',
    params,
    body: blockDocumentUpdate,
    responses: { 204: null, 400: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      if (!(await updateBlockDocument(workspace, id, body))) throw notFound()
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/block_documents/:id',
    summary: 'Delete a block document',
    resource: 'block-document',
    action: 'delete',
    params,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, reply }) {
      if (!(await deleteBlockDocument(workspace, id))) throw notFound()
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/block_documents/filter',
    summary: 'Search block documents',
    resource: 'block-document',
    action: 'read',
    body: keyedBody({ ...filters, ...pageFields, include_secrets: z.boolean().default(false), sort: blockDocumentSort }),
    responses: { 200: z.array(blockDocument) },
    async handle({ workspace: { store, encryption, settings }, body: { include_secrets: includeSecrets, sort, ...body } }) {
      const matching = restrict(store, store.db.selectFrom('block_document').selectAll('block_document'), body)
      const page = applyPage(applySort(matching, sortByBlockDocument(sort)), readPage(body, settings.defaultLimit))
      return loadBlockDocuments({ db: store.db, encryption, includeSecrets }, await store.search(page.compile()))
    },
  }),
  route({
    method: 'POST',
    path: '/block_documents/count',
    summary: 'Count block documents',
    resource: 'block-document',
    action: 'read',
    body: keyedBody(filters),
    responses: { 200: z.int() },
    async handle({ workspace: { store }, body }) {
      const counted = store.db.selectFrom('block_document').select(sql<number>`count(*)`.as('count'))
      const [row] = await store.search(restrict(store, counted, body).compile())
      return Number(row?.count ?? 0)
    },
  }),
]

/** Without a filter of their own, anonymous documents stay hidden. */
function restrict<Query extends { where(condition: Expression<SqlBool>): Query }>(
  store: Store,
  query: Query,
  asked: Filters,
): Query {
  const own = asked.block_documents ?? blockDocumentFilter.parse({})
  let restricted = query.where(blockDocumentCondition(own, store.kind))
  if (asked.block_types) {
    const condition = blockTypeCondition(asked.block_types, store.kind)
    restricted = restricted.where(
      sql<SqlBool>`exists (select 1 from block_type where block_type.id = block_document.block_type_id and ${condition})`,
    )
  }
  if (asked.block_schemas) {
    const condition = blockSchemaCondition(asked.block_schemas, store.kind)
    restricted = restricted.where(
      sql<SqlBool>`exists (select 1 from block_schema where block_schema.id = block_document.block_schema_id and ${condition})`,
    )
  }
  return restricted
}
