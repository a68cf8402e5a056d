import { numberedPageFields, pageFields } from '@aedile/core/filters/page'
import { relatedFilters } from '@aedile/core/filters/related'
import { taskRunSort } from '@aedile/core/filters/task-run'
import { taskRun } from '@aedile/core/resources/task-run'
import { z } from 'zod'
import { readNumberedPage, readPage } from '../../store/queries/page.ts'
import { applyTaskRunFilters } from '../../store/queries/related-filters.ts'
import { historyBar, historyFields, readInterval, readRunHistory } from '../flow-runs/history.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { countTaskRuns, searchTaskRuns } from './search.ts'

const { flows, flow_runs, task_runs, deployments } = relatedFilters
const filters = { flows, flow_runs, task_runs, deployments }

/** Searching, counting and summing up task runs. */
export const searchRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/task_runs/filter',
    summary: 'Search task runs',
    resource: 'task-run',
    action: 'read',
    body: keyedBody({ ...filters, ...pageFields, sort: taskRunSort }),
    responses: { 200: z.array(taskRun) },
    async handle({ workspace, body: { limit, offset, sort, ...asked } }) {
      const page = readPage({ limit, offset }, workspace.settings.defaultLimit)
      return searchTaskRuns(workspace.store, asked, sort, page)
    },
  }),
  route({
    method: 'POST',
    path: '/task_runs/paginate',
    summary: 'Search task runs by page number',
    resource: 'task-run',
    action: 'read',
    body: keyedBody({ ...filters, ...numberedPageFields, sort: taskRunSort }),
    responses: { 200: z.object({ results: z.array(taskRun), count: z.int(), limit: z.int(), pages: z.int(), page: z.int() }) },
    async handle({ workspace, body: { limit: askedLimit, page, sort, ...asked } }) {
      const { limit, offset } = readNumberedPage({ limit: askedLimit, page }, workspace.settings.defaultLimit)
      const [results, count] = await Promise.all([
        searchTaskRuns(workspace.store, asked, sort, { limit, offset }),
        countTaskRuns(workspace.store, asked),
      ])
      return { results, count, limit, pages: limit > 0 ? Math.ceil(count / limit) : 0, page }
    },
  }),
  route({
    method: 'POST',
    path: '/task_runs/count',
    summary: 'Count task runs',
    resource: 'task-run',
    action: 'read',
    body: keyedBody(filters),
    responses: { 200: z.int() },
    handle: ({ workspace, body }) => countTaskRuns(workspace.store, body),
  }),
  route({
    method: 'POST',
    path: '/task_runs/history',
    summary: 'Task runs by time and state',
    resource: 'task-run',
    action: 'read',
    body: keyedBody({ ...historyFields, ...filters }),
    responses: { 200: z.array(historyBar) },
    handle({ workspace: { store }, body: { history_start, history_end, history_interval_seconds, ...asked } }) {
      const interval = readInterval({ history_start, history_end, history_interval_seconds })
      return readRunHistory(store, 'task_run', interval, (query) => applyTaskRunFilters(query, asked, store.kind))
    },
  }),
]
