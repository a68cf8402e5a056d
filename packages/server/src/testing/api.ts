import type { FastifyInstance } from 'fastify'
import { buildHttp } from '../http/build.ts'
import type { ServerSettings } from '../settings.ts'
import type { Workspace } from '../workspace.ts'
import { openTestWorkspace } from './workspace.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
export type ApiAnswer = { status: number; body: any; headers: Record<string, unknown> }
export type TestApi = {
  workspace: Workspace
  app: FastifyInstance
  call(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<ApiAnswer>
  /** The names of the server's own events that wait in the outbox, in order. */
  outboxEvents(): Promise<string[]>
  close(): Promise<void>
}

/** The API on a fresh database, without a port. No service runs. */
export async function openTestApi(settings: Partial<ServerSettings> = {}, parts: Partial<Workspace> = {}): Promise<TestApi> {
  const testing = await openTestWorkspace(settings, parts)
  const app = buildHttp(testing.workspace)
  return {
    workspace: testing.workspace,
    app,
    async call(method, path, body, headers = {}) {
      const payload = body === undefined ? {} : { payload: body as object }
      const answer = await app.inject({ method, url: `/api${path}`, headers, ...payload })
      const isJson = String(answer.headers['content-type']).includes('json')
      return { status: answer.statusCode, body: isJson ? answer.json() : answer.body, headers: answer.headers }
    },
    async outboxEvents() {
      const query = testing.workspace.store.db.selectFrom('outbox').select('payload').where('kind', '=', 'event')
      const rows = await query.orderBy('sequence').execute()
      return rows.map(({ payload }) => JSON.parse(payload).event as string)
    },
    async close() {
      await app.close()
      await testing.close()
    },
  }
}
