import { Readable } from 'node:stream'
import { formatPythonStr } from '@aedile/core/time'
import { z } from 'zod'
import { afterKey } from '../../store/queries/page.ts'
import { applySort, sortByLog, toLogKey } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import type { LogTable } from '../../store/tables.ts'
import { type Route, route } from '../route.ts'
import { notFound, params } from './run-routes.ts'

const LINES_PER_READ = 1000

/** The log of a flow run as a file. */
export const logRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/flow_runs/:id/logs/download',
    summary: "Download a flow run's log as CSV",
    resource: 'log',
    action: 'read',
    params,
    responses: { 200: z.string(), 404: null },
    async handle({ workspace: { store }, params: { id }, reply }) {
      const run = await store.db.selectFrom('flow_run').select('name').where('id', '=', id).executeTakeFirst()
      if (run === undefined) throw notFound()
      const name = encodeURIComponent(`${run.name}-logs.csv`)
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="flow-run-logs.csv"; filename*=UTF-8''${name}`)
      return Readable.from(writeLines(store, id))
    },
  }),
]

async function* writeLines(store: Store, flowRunId: string): AsyncGenerator<string> {
  yield 'timestamp,level,flow_run_id,task_run_id,message\r\n'
  let last: LogTable | undefined
  for (;;) {
    const lines: LogTable[] = await store.search(readAfter(store, flowRunId, last).compile())
    if (lines.length > 0) yield lines.map(toCsv).join('')
    if (lines.length < LINES_PER_READ) return
    last = lines.at(-1)
  }
}

function readAfter({ db, kind }: Store, flowRunId: string, last: LogTable | undefined) {
  const order = sortByLog('TIMESTAMP_ASC', kind)
  const lines = db.selectFrom('log').selectAll('log').where('flow_run_id', '=', flowRunId)
  const rest = last === undefined ? lines : lines.where(afterKey(order, toLogKey(last, kind)))
  return applySort(rest, order).limit(LINES_PER_READ)
}

function toCsv({ timestamp, level, flow_run_id, task_run_id, message }: LogTable): string {
  const cells = [formatPythonStr(timestamp), String(level), flow_run_id ?? '', task_run_id ?? '', message]
  return `${cells.map(quote).join(',')}\r\n`
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
