/** Seconds before a retry: one number, one per retry (the last one repeats), or computed from the number of the retry. */
export type RetryDelay = number | readonly number[] | ((retry: number) => number)

/**
 * The delay before the n-th retry (from 1), in seconds. The jitter factor stretches it by a random share, up to that
 * factor, so that many runs that failed together do not come back together.
 */
export function retryDelaySeconds(
  delay: RetryDelay | undefined,
  jitterFactor: number | undefined,
  retry: number,
  random: () => number = Math.random,
): number {
  const base = Math.max(0, baseDelay(delay, retry))
  return jitterFactor ? base * (1 + jitterFactor * random()) : base
}

function baseDelay(delay: RetryDelay | undefined, retry: number): number {
  if (typeof delay === 'function') return delay(retry)
  if (typeof delay === 'number') return delay
  return delay?.[Math.min(retry, delay.length) - 1] ?? 0
}

/** Delays that double: base, 2 base, 4 base, ... up to a limit. For `retryDelaySeconds`. */
export function exponentialBackoff(baseSeconds: number, maxSeconds = 3600): (retry: number) => number {
  return (retry) => Math.min(baseSeconds * 2 ** (retry - 1), maxSeconds)
}
