import { AedileError } from '@aedile/core/errors'
import { sql } from 'kysely'
import { z } from 'zod'
import { API_VERSION } from '../../version.ts'
import { type Route, route } from '../route.ts'

export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/health',
    summary: 'True while the server answers',
    resource: 'server',
    action: 'read',
    open: true,
    responses: { 200: z.boolean() },
    handle: async () => true,
  }),
  route({
    method: 'GET',
    path: '/ready',
    summary: 'OK when the database answers',
    resource: 'server',
    action: 'read',
    open: true,
    responses: { 200: z.object({ message: z.string() }), 503: z.object({ exception_message: z.string() }) },
    async handle({ workspace }) {
      try {
        await sql`select 1`.execute(workspace.store.db)
      } catch (error) {
        throw new AedileError('server_busy', {}, { cause: error })
      }
      return { message: 'OK' }
    },
  }),
  route({
    method: 'GET',
    path: '/version',
    summary: 'The version of the API',
    resource: 'server',
    action: 'read',
    responses: { 200: z.string() },
    handle: async () => API_VERSION,
  }),
  route({
    method: 'GET',
    path: '/hello',
    summary: 'A greeting',
    resource: 'server',
    action: 'read',
    responses: { 200: z.string() },
    handle: async () => '👋',
  }),
]
