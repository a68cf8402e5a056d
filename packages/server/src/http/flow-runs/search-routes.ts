import { flowRunSort } from '@aedile/core/filters/flow-run'
import { numberedPageFields, pageFields } from '@aedile/core/filters/page'
import { relatedFilters } from '@aedile/core/filters/related'
import { flowRun } from '@aedile/core/resources/flow-run'
import { z } from 'zod'
import { readNumberedPage, readPage } from '../../store/queries/page.ts'
import { applyFlowRunFilters } from '../../store/queries/related-filters.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { historyBar, historyFields, readInterval, readRunHistory } from './history.ts'
import { averageLateness, countFlowRuns, searchFlowRuns } from './search.ts'

const { work_pool_queues, ...otherFilters } = relatedFilters

/** Searching, counting and summing up flow runs. */
export const searchRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/flow_runs/filter',
    summary: 'Search flow runs',
    resource: 'flow-run',
    action: 'read',
    body: keyedBody({ ...relatedFilters, ...pageFields, sort: flowRunSort }),
    responses: { 200: z.array(flowRun) },
    async handle({ workspace, body: { limit, offset, sort, ...filters } }) {
      const page = readPage({ limit, offset }, workspace.settings.defaultLimit)
      return searchFlowRuns(workspace.store, filters, sort, page)
    },
  }),
  route({
    method: 'POST',
    path: '/flow_runs/paginate',
    summary: 'Search flow runs by page number',
    resource: 'flow-run',
    action: 'read',
    body: keyedBody({ ...relatedFilters, ...numberedPageFields, sort: flowRunSort }),
    responses: { 200: z.object({ results: z.array(flowRun), count: z.int(), limit: z.int(), pages: z.int(), page: z.int() }) },
    async handle({ workspace, body: { limit: asked, page, sort, ...filters } }) {
      const { limit, offset } = readNumberedPage({ limit: asked, page }, workspace.settings.defaultLimit)
      const [results, count] = await Promise.all([
        searchFlowRuns(workspace.store, filters, sort, { limit, offset }),
        countFlowRuns(workspace.store, filters),
      ])
      return { results, count, limit, pages: limit > 0 ? Math.ceil(count / limit) : 0, page }
    },
  }),
  route({
    method: 'POST',
    path: '/flow_runs/count',
    summary: 'Count flow runs',
    resource: 'flow-run',
    action: 'read',
    body: keyedBody(relatedFilters),
    responses: { 200: z.int() },
    handle: ({ workspace, body }) => countFlowRuns(workspace.store, body),
  }),
  route({
    method: 'POST',
    path: '/flow_runs/lateness',
    summary: 'The average seconds that flow runs are late',
    resource: 'flow-run',
    action: 'read',
    body: keyedBody(relatedFilters),
    responses: { 200: z.number().nullable() },
    handle: ({ workspace, body }) => averageLateness(workspace.store, body),
  }),
  route({
    method: 'POST',
    path: '/flow_runs/history',
    summary: 'Flow runs by time and state',
    resource: 'flow-run',
    action: 'read',
    body: keyedBody({ ...historyFields, ...otherFilters, work_queues: work_pool_queues }),
    responses: { 200: z.array(historyBar) },
    handle({ workspace: { store }, body: { history_start, history_end, history_interval_seconds, work_queues, ...filters } }) {
      const interval = readInterval({ history_start, history_end, history_interval_seconds })
      return readRunHistory(store, 'flow_run', interval, (query) =>
        applyFlowRunFilters(query, { ...filters, work_pool_queues: work_queues }, store.kind),
      )
    },
  }),
]
