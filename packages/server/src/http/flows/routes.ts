import { flowFilter, flowSort } from '@aedile/core/filters/flow'
import { numberedPageFields, pageFields } from '@aedile/core/filters/page'
import { relatedFilters } from '@aedile/core/filters/related'
import { flow, flowCreate, flowUpdate } from '@aedile/core/resources/flow'
import { uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { readNumberedPage, readPage } from '../../store/queries/page.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { toFlow } from './flow-document.ts'
import { countFlows, searchFlows } from './search-flows.ts'
import { upsertFlow } from './upsert-flow.ts'
import { deleteFlows, updateFlow } from './write-flow.ts'

const BULK_LIMIT = 50
const params = z.object({ id: uuid })
const notFound = () => new HttpError(404, 'Flow not found')

/** Source: WC 6.4, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/flows/',
    summary: 'Make a flow, or read the one of that name',
    resource: 'flow',
    action: 'create',
    body: flowCreate,
    responses: { 201: flow, 200: flow },
    async handle({ workspace, body, reply }) {
      const { flow: row, isNew } = await upsertFlow(workspace, body)
      reply.code(isNew ? 201 : 200)
      return toFlow(row)
    },
  }),
  route({
    method: 'GET',
    path: '/flows/:id',
    summary: 'Read a flow',
    resource: 'flow',
    action: 'read',
    params,
    responses: { 200: flow, 404: null },
    async handle({ workspace, params: { id } }) {
      const row = await workspace.store.db.selectFrom('flow').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw notFound()
      return toFlow(row)
    },
  }),
  route({
    method: 'GET',
    path: '/flows/name/:name',
    summary: 'Read a flow by its name',
    resource: 'flow',
    action: 'read',
    params: z.object({ name: z.string() }),
    responses: { 200: flow, 404: null },
    async handle({ workspace, params: { name } }) {
      const row = await workspace.store.db.selectFrom('flow').selectAll().where('name', '=', name).executeTakeFirst()
      if (!row) throw notFound()
      return toFlow(row)
    },
  }),
  route({
    method: 'PATCH',
    path: '/flows/:id',
    summary: "Change a flow's tags",
    resource: 'flow',
    action: 'update',
    params,
    body: flowUpdate,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      if (!(await updateFlow(workspace, id, body.tags))) throw notFound()
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/flows/:id',
    summary: 'Delete a flow with its deployments and runs',
    resource: 'flow',
    action: 'delete',
    params,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, reply }) {
      if ((await deleteFlows(workspace, [id])).length === 0) throw notFound()
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/flows/filter',
    summary: 'Search flows',
    resource: 'flow',
    action: 'read',
    body: keyedBody({ ...relatedFilters, ...pageFields, sort: flowSort }),
    responses: { 200: z.array(flow) },
    async handle({ workspace, body: { limit, offset, sort, ...filters } }) {
      const page = readPage({ limit, offset }, workspace.settings.defaultLimit)
      return (await searchFlows(workspace.store, filters, sort, page)).map(toFlow)
    },
  }),
  route({
    method: 'POST',
    path: '/flows/paginate',
    summary: 'Search flows by page number',
    resource: 'flow',
    action: 'read',
    body: keyedBody({ ...relatedFilters, ...numberedPageFields, sort: flowSort }),
    responses: {
      200: z.object({ results: z.array(flow), count: z.int(), limit: z.int(), pages: z.int(), page: z.int() }),
    },
    async handle({ workspace, body: { limit: asked, page, sort, ...filters } }) {
      const { limit, offset } = readNumberedPage({ limit: asked, page }, workspace.settings.defaultLimit)
      const [results, count] = await Promise.all([
        searchFlows(workspace.store, filters, sort, { limit, offset }),
        countFlows(workspace.store, filters),
      ])
      return { results: results.map(toFlow), count, limit, pages: limit > 0 ? Math.ceil(count / limit) : 0, page }
    },
  }),
  route({
    method: 'POST',
    path: '/flows/count',
    summary: 'Count flows',
    resource: 'flow',
    action: 'read',
    body: keyedBody(relatedFilters),
    responses: { 200: z.int() },
    handle: ({ workspace, body }) => countFlows(workspace.store, body),
  }),
  route({
    method: 'POST',
    path: '/flows/bulk_delete',
    summary: 'Delete the flows that match',
    resource: 'flow',
    action: 'delete',
    body: keyedBody({ flows: flowFilter.optional(), limit: z.int().min(1).max(BULK_LIMIT).default(BULK_LIMIT) }),
    responses: { 200: z.object({ deleted: z.array(uuid) }) },
    async handle({ workspace, body: { flows, limit } }) {
      const found = await searchFlows(workspace.store, { flows }, 'NAME_ASC', { limit, offset: 0 })
      const ids = found.map(({ id }) => id)
      return { deleted: await deleteFlows(workspace, ids) }
    },
  }),
]
