import { deploymentFilter, deploymentSort } from '@aedile/core/filters/deployment'
import { numberedPageFields, pageFields } from '@aedile/core/filters/page'
import { relatedFilters } from '@aedile/core/filters/related'
import { deployment } from '@aedile/core/resources/deployment'
import { uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { readNumberedPage, readPage } from '../../store/queries/page.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { deleteDeployment } from './delete-deployment.ts'
import { loadDeployments } from './deployment-document.ts'
import { countDeployments, searchDeployments } from './search-deployments.ts'

const BULK_LIMIT = 50

/** Searching deployments. Source: WC 6.5, 6.6, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/deployments/filter',
    summary: 'Search deployments',
    resource: 'deployment',
    action: 'read',
    body: keyedBody({ ...relatedFilters, ...pageFields, sort: deploymentSort }),
    responses: { 200: z.array(deployment) },
    async handle({ workspace: { store, settings }, body: { limit, offset, sort, ...filters } }) {
      const page = readPage({ limit, offset }, settings.defaultLimit)
      return loadDeployments(store.db, await searchDeployments(store, filters, sort, page))
    },
  }),
  route({
    method: 'POST',
    path: '/deployments/paginate',
    summary: 'Search deployments by page number',
    resource: 'deployment',
    action: 'read',
    body: keyedBody({ ...relatedFilters, ...numberedPageFields, sort: deploymentSort }),
    responses: {
      200: z.object({ results: z.array(deployment), count: z.int(), limit: z.int(), pages: z.int(), page: z.int() }),
    },
    async handle({ workspace: { store, settings }, body: { limit: asked, page, sort, ...filters } }) {
      const { limit, offset } = readNumberedPage({ limit: asked, page }, settings.defaultLimit)
      const [rows, count] = await Promise.all([
        searchDeployments(store, filters, sort, { limit, offset }),
        countDeployments(store, filters),
      ])
      const results = await loadDeployments(store.db, rows)
      return { results, count, limit, pages: limit > 0 ? Math.ceil(count / limit) : 0, page }
    },
  }),
  route({
    method: 'POST',
    path: '/deployments/count',
    summary: 'Count deployments',
    resource: 'deployment',
    action: 'read',
    body: keyedBody(relatedFilters),
    responses: { 200: z.int() },
    handle: ({ workspace, body }) => countDeployments(workspace.store, body),
  }),
  route({
    method: 'POST',
    path: '/deployments/bulk_delete',
    summary: 'Delete the deployments that match',
    resource: 'deployment',
    action: 'delete',
    body: keyedBody({ deployments: deploymentFilter.optional(), limit: z.int().min(1).max(BULK_LIMIT).default(BULK_LIMIT) }),
    responses: { 200: z.object({ deleted: z.array(uuid) }) },
    async handle({ workspace, body: { deployments, limit } }) {
      const found = await searchDeployments(workspace.store, { deployments }, 'NAME_ASC', { limit, offset: 0 })
      const ids = found.map(({ id }) => id)
      await workspace.store.write(async (transaction) => {
        for (const id of [...ids].sort()) await deleteDeployment(transaction, workspace, id)
      })
      return { deleted: ids }
    },
  }),
]
