import {
  ATTEMPTS_CAPABILITY,
  type AttemptMessage,
  attempt,
  attemptsQuery,
  claimsAnswer,
  claimsBody,
  hello,
  leaseAnswer,
  leaseBody,
  type MessageAnswer,
  messageAnswer,
  messagesBody,
  RENDER_CAPABILITY,
  takeOverBody,
} from '@aedile/core/attempts/messages'
import { isAedileError } from '@aedile/core/errors'
import { uuid } from '@aedile/core/resources/scalars'
import { DISPATCH_CAPABILITY } from '@aedile/core/worker-channel/frames'
import { z } from 'zod'
import { takeOverAttempt } from '../../orchestration/attempts/attend-attempt.ts'
import { listOpenAttempts } from '../../orchestration/attempts/list-attempts.ts'
import { renewWorkerLease } from '../../orchestration/attempts/renew-lease.ts'
import { readClientFacts } from '../../orchestration/client-facts.ts'
import { AEDILE_VERSION } from '../../version.ts'
import { type Route, route } from '../route.ts'
import { claimRuns } from './claim-runs.ts'
import { type Taken, takeMessage } from './take-message.ts'

const poolParams = z.object({ name: z.string() })

/** Takes messages at once, but those of one attempt in their order. What is wrong with one keeps no other. */
async function takeMessages(
  messages: readonly AttemptMessage[],
  take: (message: AttemptMessage) => Promise<Taken>,
): Promise<MessageAnswer[]> {
  const before = new Map<string, Promise<unknown>>()
  return Promise.all(
    messages.map((message) => {
      const earlier = before.get(message.attempt)
      const answer = (earlier ? earlier.then(() => take(message)) : take(message)).catch(toRefusal)
      before.set(message.attempt, answer)
      return answer
    }),
  )
}

function toRefusal(error: unknown): MessageAnswer {
  if (isAedileError(error, 'attempt_refused')) return { status: 409, detail: error.message }
  if (isAedileError(error, 'not_found')) return { status: 404, detail: error.message }
  if (isAedileError(error, 'server_busy')) return { status: 503, detail: error.message }
  throw error
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
  route({
    method: 'POST',
    path: '/aedile/work_pools/:name/claims',
    summary: 'Claim runs, and get what is needed to start them.',
    resource: 'attempt',
    action: 'create',
    params: poolParams,
    body: claimsBody,
    responses: { 200: claimsAnswer, 404: null },
    handle: ({ workspace, principal, request, params, body }) => {
      const client = readClientFacts(request.headers, principal)
      return claimRuns(workspace, { pool: params.name, name: body.worker_name, client }, body.claims)
    },
  }),
  route({
    method: 'POST',
    path: '/aedile/attempts',
    summary: 'What became of attempts: intended, recorded, advanced, ended, reported, removed.',
    resource: 'attempt',
    action: 'update',
    body: messagesBody,
    responses: { 200: z.array(messageAnswer) },
    handle: ({ workspace, principal, request, body }) => {
      const from = { worker: body.worker_name, client: readClientFacts(request.headers, principal) }
      return takeMessages(body.messages, (message) => takeMessage(workspace, from, message))
    },
  }),
  route({
    method: 'POST',
    path: '/aedile/attempts/:key/take-over',
    summary: 'Attend an attempt that nobody attends.',
    resource: 'attempt',
    action: 'update',
    params: z.object({ key: uuid }),
    body: takeOverBody,
    responses: { 200: attempt, 404: null, 409: null },
    handle: ({ workspace, params, body }) => takeOverAttempt(workspace, params.key, body.worker_name, body.targets),
  }),
  route({
    method: 'POST',
    path: '/aedile/work_pools/:name/lease',
    summary: 'Renew the lease of all attempts of a worker.',
    resource: 'attempt',
    action: 'update',
    params: poolParams,
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
