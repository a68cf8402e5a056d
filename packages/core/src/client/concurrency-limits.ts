import type {
  ConcurrencyLimitV2,
  ConcurrencyLimitV2Create,
  ConcurrencyLimitV2Update,
  GlobalConcurrencyLimit,
  LeaseHolder,
} from '../resources/concurrency-limit.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { listOf, noAnswer, objectOf } from './decode.ts'
import type { Page } from './filter-body.ts'

const LIMITS = '/v2/concurrency_limits'

/** Creates a global limit; `api_conflict` when the name is taken. */
export function createConcurrencyLimit(
  client: ApiClient,
  body: ConcurrencyLimitV2Create,
  call?: CallOptions,
): Promise<ConcurrencyLimitV2> {
  return client.request('POST', `${LIMITS}/`, { ...call, body, schema: objectOf<ConcurrencyLimitV2>() })
}

export function readConcurrencyLimit(client: ApiClient, idOrName: string, call?: CallOptions): Promise<GlobalConcurrencyLimit> {
  return client.request('GET', limitPath(idOrName), { ...call, schema: objectOf<GlobalConcurrencyLimit>() })
}

export function updateConcurrencyLimit(
  client: ApiClient,
  idOrName: string,
  body: ConcurrencyLimitV2Update,
  call?: CallOptions,
): Promise<void> {
  return client.request('PATCH', limitPath(idOrName), { ...call, body, schema: noAnswer, retry: 'always' })
}

export function deleteConcurrencyLimit(client: ApiClient, idOrName: string, call?: CallOptions): Promise<void> {
  return client.request('DELETE', limitPath(idOrName), { ...call, schema: noAnswer })
}

export function filterConcurrencyLimits(
  client: ApiClient,
  body: Page = {},
  call?: CallOptions,
): Promise<GlobalConcurrencyLimit[]> {
  return client.request('POST', `${LIMITS}/filter`, {
    ...call,
    body,
    schema: listOf<GlobalConcurrencyLimit>(),
    retry: 'always',
  })
}

export type LeasedSlots = { lease_id: string; limits: { id: string; name: string; limit: number }[] }
export type SlotsBody = {
  names: string[]
  slots: number
  mode?: 'concurrency' | 'rate_limit'
  lease_duration?: number
  holder?: LeaseHolder
}

/**
 * Takes slots under a lease. `api_busy` with status 423 means that none is free; its `retryAfter` says when to ask
 * again. Not sent again after a lost answer: that would take twice (the first lease runs out by itself).
 */
export function acquireSlots(client: ApiClient, body: SlotsBody, call?: CallOptions): Promise<LeasedSlots> {
  return client.request('POST', `${LIMITS}/increment-with-lease`, {
    ...call,
    body,
    schema: objectOf<LeasedSlots>(),
    retry: 'refused',
  })
}

/** Gives the slots of a lease back; twice is the same as once. */
export function releaseSlots(client: ApiClient, leaseId: string, call?: CallOptions): Promise<void> {
  const body = { lease_id: leaseId }
  return client.request('POST', `${LIMITS}/decrement-with-lease`, { ...call, body, schema: noAnswer, retry: 'always' })
}

/** Renews a lease; an error with status 410 says that it has run out. */
export function renewLease(client: ApiClient, leaseId: string, leaseSeconds: number, call?: CallOptions): Promise<void> {
  const body = { lease_duration: leaseSeconds }
  return client.request('POST', `${LIMITS}/leases/${leaseId}/renew`, { ...call, body, schema: noAnswer, retry: 'always' })
}

function limitPath(idOrName: string): string {
  return `${LIMITS}/${encodeURIComponent(idOrName)}`
}
