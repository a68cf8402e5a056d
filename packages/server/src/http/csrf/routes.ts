import { timestamp, uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { HttpError, type Route, route } from '../route.ts'
import { issueToken } from './tokens.ts'

const csrfToken = z.object({
  id: uuid,
  created: timestamp,
  updated: timestamp,
  token: z.string(),
  client: z.string(),
  expiration: timestamp,
})

export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/csrf-token',
    summary: 'Make a CSRF token for a client',
    resource: 'csrf-token',
    action: 'create',
    query: z.object({ client: z.string() }),
    responses: { 200: csrfToken },
    async handle({ workspace, query }) {
      if (!workspace.settings.csrfProtection) throw new HttpError(422, 'CSRF protection is disabled.')
      return issueToken(workspace, query.client)
    },
  }),
]
