import { renderBody, renderResult } from '@aedile/core/rendering/render-messages'
import { z } from 'zod'
import { type Route, route } from '../route.ts'
import { renderPool } from './render-pool.ts'

/** Ours; a genuine server answers 404. */
export const renderRoute: Route = route({
  method: 'POST',
  path: '/work_pools/:name/render',
  summary: 'Render what a worker of this pool would create, with secrets masked; nothing is created',
  resource: 'work-pool',
  action: 'read',
  params: z.object({ name: z.string() }),
  body: renderBody,
  responses: { 200: renderResult, 404: null },
  handle: ({ workspace, params: { name }, body }) => renderPool(workspace, name, body),
})
