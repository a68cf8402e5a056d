/**
 * When a request may be sent again. A request is repeated only where repeating is safe:
 *
 * - `always`: the same request twice is the same as once (reads, filters, counts, PUT, DELETE, upserts, anything that
 *   carries an idempotency key or a transition id). Repeated on 408, 429, 502, 503, 504 and on lost connections.
 * - `refused`: repeated only when the server surely did nothing: 408, 429, 503, and connections that were never made.
 *   For appends (logs) and for taking slots.
 * - `never`: one try.
 */
export type RetryPolicy = 'always' | 'refused' | 'never'

/** What became of one try: a status, or a connection that was never made (`unsent`), was lost, or took too long. */
export type TryFailure = { status: number } | { connection: 'unsent' | 'lost' | 'timeout' }

const REFUSED = [408, 429, 503]
const PASSING = [...REFUSED, 502, 504]

/** True when a request under this policy may be sent again after this failure. */
export function isRepeatable(policy: RetryPolicy, failure: TryFailure): boolean {
  if (policy === 'never') return false
  if ('connection' in failure) return policy === 'always' || failure.connection === 'unsent'
  return (policy === 'always' ? PASSING : REFUSED).includes(failure.status)
}

/** The policy of a method when the call names none: everything but POST and PATCH can be repeated. */
export function defaultPolicy(method: string): RetryPolicy {
  return method === 'POST' || method === 'PATCH' ? 'refused' : 'always'
}

const MAX_BACKOFF_SECONDS = 30

/**
 * Seconds until the next try. `Retry-After` is a lower bound, with up to a fifth on top so that many clients do not come
 * back at once; without it the delay doubles from half a second, with full jitter in its upper half.
 */
export function retryDelaySeconds(failedTries: number, retryAfterSeconds: number | null, random: () => number): number {
  if (retryAfterSeconds !== null) return retryAfterSeconds * (1 + 0.2 * random())
  const ceiling = Math.min(0.5 * 2 ** (failedTries - 1), MAX_BACKOFF_SECONDS)
  return ceiling * (0.5 + 0.5 * random())
}

/** Reads a `Retry-After` header: seconds (with a fraction, as the API sends them) or an HTTP date. */
export function parseRetryAfter(header: string | null, nowMilliseconds: number): number | null {
  if (header === null) return null
  const seconds = Number(header)
  if (header.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds)
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, (date - nowMilliseconds) / 1000)
}
