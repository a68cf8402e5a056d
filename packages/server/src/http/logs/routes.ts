import { logFilter, logSort } from '@aedile/core/filters/log'
import { pageFields } from '@aedile/core/filters/page'
import { log, logCreate } from '@aedile/core/resources/log'
import { z } from 'zod'
import { logCondition } from '../../store/queries/filters/log.ts'
import { applyPage, readPage } from '../../store/queries/page.ts'
import { applySort, sortByLog } from '../../store/queries/sort.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { toLog, writeLogs } from './write-logs.ts'

/** Source: WC 1.4, 6.5. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/logs/',
    summary: 'Store log lines; all of them are committed when the answer comes',
    resource: 'log',
    action: 'create',
    body: z.array(logCreate),
    responses: { 201: null },
    async handle({ workspace, body, request, reply }) {
      await writeLogs(workspace, body, Number(request.headers['content-length'] ?? 0))
      reply.code(201)
      return null
    },
  }),
  route({
    method: 'POST',
    path: '/logs/filter',
    summary: 'Search log lines',
    resource: 'log',
    action: 'read',
    body: keyedBody({ logs: logFilter.optional(), ...pageFields, sort: logSort }),
    responses: { 200: z.array(log) },
    async handle({ workspace: { store, settings }, body }) {
      const page = readPage(body, settings.defaultLimit)
      const all = store.db.selectFrom('log').selectAll('log')
      const found = body.logs ? all.where(logCondition(body.logs, store.kind)) : all
      const rows = await store.search(applyPage(applySort(found, sortByLog(body.sort)), page).compile())
      return rows.map(toLog)
    },
  }),
]
