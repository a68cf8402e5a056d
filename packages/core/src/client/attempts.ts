import type { z } from 'zod'
import type {
  Attempt,
  advanceBody,
  endBody,
  Hello,
  intendBody,
  LeaseAnswer,
  leaseBody,
  recordBody,
  removeBody,
  reportBody,
  statusBody,
  takeOverBody,
} from '../attempts/messages.ts'
import { isAedileError } from '../errors.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, objectOf } from './decode.ts'

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

/** Says that the thing under this handle may exist from now on. `api_conflict` when the attempt is not the present one. */
export const intendAttempt = attemptCall<z.input<typeof intendBody>>('intend')
/** Says that it exists; its native ids are in the handle. */
export const recordAttempt = attemptMessage<z.input<typeof recordBody>>('record')
/** Stores lines of output. The answer says up to where output is stored then. */
export const advanceAttempt = attemptCall<z.input<typeof advanceBody>>('advance')
/** Says how it ended. */
export const endAttempt = attemptMessage<z.input<typeof endBody>>('end')
/** Says that the run's state was proposed. */
export const reportAttempt = attemptMessage<z.input<typeof reportBody>>('report')
/** Says that nothing is left of it, or that it is kept. */
export const removeAttempt = attemptMessage<z.input<typeof removeBody>>('remove')
/** Takes an unattended attempt over. `api_conflict` names who attends it. */
export const takeOverAttempt = attemptCall<z.input<typeof takeOverBody>>('take-over')

/** Tells of progress that is no state. */
export function sendAttemptStatus(
  client: ApiClient,
  key: string,
  body: z.input<typeof statusBody>,
  call?: CallOptions,
): Promise<void> {
  return client.request('POST', `/aedile/attempts/${key}/status`, { ...call, body, schema: noAnswer, retry: 'always' })
}

/** Renews the lease of a worker for all its attempts at once. */
export function renewAttempts(
  client: ApiClient,
  workPoolName: string,
  body: z.input<typeof leaseBody>,
  call?: CallOptions,
): Promise<LeaseAnswer> {
  const path = `/aedile/work_pools/${encodeURIComponent(workPoolName)}/lease`
  return client.request('POST', path, { ...call, body, schema: objectOf<LeaseAnswer>(), retry: 'always' })
}

/** Every message about an attempt carries its key and may be repeated: a repeated message changes nothing. */
function attemptMessage<Body>(step: string) {
  return (client: ApiClient, key: string, body: Body, call?: CallOptions): Promise<void> =>
    client.request('POST', `/aedile/attempts/${key}/${step}`, { ...call, body, schema: noAnswer, retry: 'always' })
}

/** A message that is answered with the attempt as it stands then. */
function attemptCall<Body>(step: string) {
  return (client: ApiClient, key: string, body: Body, call?: CallOptions): Promise<Attempt> =>
    client.request('POST', `/aedile/attempts/${key}/${step}`, { ...call, body, schema: objectOf<Attempt>(), retry: 'always' })
}
