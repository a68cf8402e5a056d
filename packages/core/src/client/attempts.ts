import type { z } from 'zod'
import type {
  Attempt,
  ClaimsAnswer,
  claimsBody,
  Hello,
  LeaseAnswer,
  leaseBody,
  MessageAnswer,
  messagesBody,
  takeOverBody,
} from '../attempts/messages.ts'
import { isAedileError } from '../errors.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, objectOf } from './decode.ts'
import { poolPath } from './work-pools.ts'

/** Who this server is and what it can; null on a server that is not Aedile's. */
export async function readHello(client: ApiClient, call?: CallOptions): Promise<Hello | null> {
  try {
    return await client.request('GET', '/aedile/hello', { ...call, schema: objectOf<Hello>() })
  } catch (error) {
    if (isAedileError(error, 'api_not_found')) return null
    throw error
  }
}

/** What a worker has open: neither removed nor lapsed. */
export function readAttempts(
  client: ApiClient,
  query: { worker_name: string; work_pool_name?: string },
  call?: CallOptions,
): Promise<Attempt[]> {
  return client.request('GET', '/aedile/attempts', { ...call, query, schema: listOf<Attempt>() })
}

/** Claims runs for a worker of this pool. The same claims again get the same answer. */
export function claimRuns(
  client: ApiClient,
  workPoolName: string,
  body: z.input<typeof claimsBody>,
  call?: CallOptions,
): Promise<ClaimsAnswer> {
  const path = `/aedile${poolPath(workPoolName)}/claims`
  const exactNumbers = ['flow_runs', 'deployments']
  return client.request('POST', path, { ...call, body, schema: objectOf<ClaimsAnswer>(), exactNumbers, retry: 'always' })
}

/** Sends messages about attempts; each has an answer of its own, in the same order. */
export function sendAttemptMessages(
  client: ApiClient,
  body: z.input<typeof messagesBody>,
  call?: CallOptions,
): Promise<MessageAnswer[]> {
  return client.request('POST', '/aedile/attempts', { ...call, body, schema: listOf<MessageAnswer>(), retry: 'always' })
}

/** Takes an unattended attempt over. `api_conflict` names who attends it. */
export function takeOverAttempt(
  client: ApiClient,
  key: string,
  body: z.input<typeof takeOverBody>,
  call?: CallOptions,
): Promise<Attempt> {
  const path = `/aedile/attempts/${key}/take-over`
  return client.request('POST', path, { ...call, body, schema: objectOf<Attempt>(), retry: 'always' })
}

/** Renews the lease of a worker for all its attempts at once. */
export function renewAttempts(
  client: ApiClient,
  workPoolName: string,
  body: z.input<typeof leaseBody>,
  call?: CallOptions,
): Promise<LeaseAnswer> {
  const path = `/aedile${poolPath(workPoolName)}/lease`
  return client.request('POST', path, { ...call, body, schema: objectOf<LeaseAnswer>(), retry: 'always' })
}
