import { logFilter, logSort } from '@aedile/core/filters/log'
import { keyPageFields, pageFields } from '@aedile/core/filters/page'
import { log } from '@aedile/core/resources/log'
import { z } from 'zod'
import { toLog } from '../../store/queries/append-lines.ts'
import { logCondition } from '../../store/queries/filters/log.ts'
import { applyAfter, applyPage, readPage } from '../../store/queries/page.ts'
import { applySort, sortByLog } from '../../store/queries/sort.ts'
import { keyedBody, type Route, route } from '../route.ts'
import { logLines } from './plain-lines.ts'
import { writeLogs } from './write-logs.ts'

/** Source: WC 1.4, 6.5. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/logs/',
    summary: 'Store log lines; all of them are committed when the answer comes',
    resource: 'log',
    action: 'create',
    body: logLines,
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
    body: keyedBody({ logs: logFilter.optional(), ...pageFields, ...keyPageFields, sort: logSort }),
    responses: { 200: z.array(log) },
    async handle({ workspace: { store, settings }, body }) {
      const page = readPage(body, settings.defaultLimit)
      const order = sortByLog(body.sort, store.kind)
      const all = store.db.selectFrom('log').selectAll('log')
      const asked = body.logs ? logCondition(body.logs, store.kind) : undefined
      const found = asked ? all.where(asked) : all
      const rest = body.after ? await applyAfter(found, store, { table: 'log', order, id: body.after, among: asked }) : found
      const rows = await store.search(applyPage(applySort(rest, order), page).compile())
      return rows.map(toLog)
    },
  }),
]
