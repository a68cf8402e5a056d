import {
  ATTEMPTS_CAPABILITY,
  advanceBody,
  attempt,
  attemptsQuery,
  endBody,
  hello,
  intendBody,
  leaseAnswer,
  leaseBody,
  RENDER_CAPABILITY,
  recordBody,
  removeBody,
  reportBody,
  statusBody,
  takeOverBody,
} from '@aedile/core/attempts/messages'
import { uuid } from '@aedile/core/resources/scalars'
import { DISPATCH_CAPABILITY } from '@aedile/core/worker-channel/frames'
import { z } from 'zod'
import {
  endAttempt,
  intendAttempt,
  recordAttempt,
  removeAttempt,
  reportAttempt,
  showAttemptStatus,
  takeOutput,
  takeOverAttempt,
} from '../../orchestration/attempts/attend-attempt.ts'
import { listOpenAttempts } from '../../orchestration/attempts/list-attempts.ts'
import { renewWorkerLease } from '../../orchestration/attempts/renew-lease.ts'
import { AEDILE_VERSION } from '../../version.ts'
import { type Route, type RouteInput, route } from '../route.ts'

const keyParams = z.object({ key: uuid })

/** One message of a worker about an attempt. 409 says why it is refused. */
function message<Body extends { worker_name: string }>(
  step: string,
  summary: string,
  body: z.ZodType<Body>,
  handle: (input: RouteInput<z.output<typeof keyParams>, unknown, Body>) => Promise<unknown>,
): Route {
  return route({
    method: 'POST',
    path: `/aedile/attempts/:key/${step}`,
    summary,
    resource: 'attempt',
    action: 'update',
    params: keyParams,
    body,
    responses: { 200: attempt, 404: null, 409: null },
    handle,
  })
}

/** The routes of attempts: what our workers say to our server beyond the Prefect API. */
export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/aedile/hello',
    summary: 'Who this server is, and what it can beyond the Prefect API.',
    resource: 'server',
    action: 'read',
    responses: { 200: hello },
    handle: async ({ workspace }) => ({
      server_id: workspace.serverId,
      version: AEDILE_VERSION,
      capabilities: [ATTEMPTS_CAPABILITY, DISPATCH_CAPABILITY, RENDER_CAPABILITY],
      lease_seconds: workspace.settings.attemptLeaseSeconds,
    }),
  }),
  route({
    method: 'GET',
    path: '/aedile/attempts',
    summary: 'The open attempts of a worker.',
    resource: 'attempt',
    action: 'read',
    query: attemptsQuery,
    responses: { 200: z.array(attempt) },
    handle: ({ workspace, query }) => listOpenAttempts(workspace.store, { name: query.worker_name, pool: query.work_pool_name }),
  }),
  message('intend', 'Something will be started under this attempt.', intendBody, ({ workspace, params, body }) =>
    intendAttempt(workspace, params.key, body.worker_name, body.handle),
  ),
  message('record', 'What was started exists.', recordBody, ({ workspace, params, body }) =>
    recordAttempt(workspace, params.key, body.worker_name, body.handle),
  ),
  message('advance', 'Output was stored up to a cursor.', advanceBody, ({ workspace, params, body }) =>
    takeOutput(workspace, params.key, body.worker_name, {
      lines: body.lines,
      cursor: body.log_cursor,
      after: body.after,
    }),
  ),
  message('end', 'What was started has ended.', endBody, ({ workspace, params, body }) =>
    endAttempt(workspace, params.key, body.worker_name, body.outcome),
  ),
  message('report', 'The state of the run was proposed.', reportBody, ({ workspace, params, body }) =>
    reportAttempt(workspace, params.key, body.worker_name),
  ),
  message('remove', 'Nothing is left of the attempt.', removeBody, ({ workspace, params, body }) =>
    removeAttempt(workspace, params.key, body.worker_name),
  ),
  message('take-over', 'Attend an attempt that nobody attends.', takeOverBody, ({ workspace, params, body }) =>
    takeOverAttempt(workspace, params.key, body.worker_name, body.targets),
  ),
  message('status', 'Show progress that is no state.', statusBody, ({ workspace, params, body }) =>
    showAttemptStatus(workspace, params.key, body.worker_name, { phase: body.phase, detail: body.detail ?? null }),
  ),
  route({
    method: 'POST',
    path: '/aedile/work_pools/:name/lease',
    summary: 'Renew the lease of all attempts of a worker.',
    resource: 'attempt',
    action: 'update',
    params: z.object({ name: z.string() }),
    body: leaseBody,
    responses: { 200: leaseAnswer },
    handle: ({ workspace, params, body }) =>
      renewWorkerLease(workspace, {
        pool: params.name,
        worker: body.worker_name,
        targets: body.targets,
        attempts: body.attempts,
      }),
  }),
]
