import type { ApiClient } from '@aedile/core/client/client'
import { renewLease } from '@aedile/core/client/concurrency-limits'
import { pause } from '@aedile/core/client/pause'

/** A renewal that fails this often in a row means that the slot is lost. */
const TRIES = 3

/**
 * Renews the lease of a concurrency slot until it is stopped. When a renewal fails three times in a row the slot is no
 * longer ours, and `onLost` is called.
 */
export function keepLease(
  client: ApiClient,
  leaseId: string,
  leaseSeconds: number,
  onLost: (error: unknown) => void,
): () => void {
  const stop = new AbortController()
  const keep = async () => {
    for (;;) {
      await pause(leaseSeconds * 0.75, stop.signal)
      await renew()
    }
  }
  const renew = async () => {
    for (let tries = 1; ; tries++) {
      try {
        return await renewLease(client, leaseId, leaseSeconds, { signal: stop.signal })
      } catch (error) {
        if (tries === TRIES) throw error
        await pause(1, stop.signal)
      }
    }
  }
  keep().catch((error: unknown) => {
    if (!stop.signal.aborted) onLost(error)
  })
  return () => stop.abort(new Error('the lease is no longer needed'))
}
