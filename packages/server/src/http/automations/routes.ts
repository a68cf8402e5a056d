import { z } from 'zod'
import { type Route, route } from '../route.ts'

/** What clients ask of automations on the way to something else. There are none yet, and these routes say so. */
export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/automations/related-to/:resource_id',
    summary: 'The automations that concern a resource: none',
    resource: 'automation',
    action: 'read',
    params: z.object({ resource_id: z.string() }),
    responses: { 200: z.array(z.any()) },
    async handle() {
      return []
    },
  }),
]
