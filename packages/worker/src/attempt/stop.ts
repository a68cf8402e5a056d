import { isAedileError } from '@aedile/core/errors'
import { backoffSeconds, pause, unlessAborted } from '../backoff.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'

/** A stop that begins when the run is cancelled. */
export type Stopping = {
  /** Resolves when the thing is gone, where the run was cancelled; at once otherwise. */
  finished(): Promise<void>
  close(): void
}

/**
 * Ends the thing as soon as its run shall be cancelled. The observation may see the command end before everything that it
 * started is gone, so the report waits for the stop.
 */
export function stopWhenCancelled(context: WorkerContext, attempt: Attempt): Stopping {
  let stopping: Promise<void> = Promise.resolve()
  const stop = () => {
    stopping = stopUntilGone(context, attempt)
    // Awaited by `finished`; when nobody does, the attempt was let go.
    stopping.catch(() => {})
  }
  if (attempt.isCancelled) stop()
  else attempt.cancelSignal.addEventListener('abort', stop, { once: true })
  return {
    finished: () => stopping,
    close: () => attempt.cancelSignal.removeEventListener('abort', stop),
  }
}

/**
 * Ends the thing and everything that it started. What cannot be stopped yet is tried again: the run stays Cancelling, its
 * status says why. Rejects when the attempt is let go.
 */
export async function stopUntilGone(context: WorkerContext, attempt: Attempt): Promise<void> {
  const until = AbortSignal.any([attempt.letGoSignal, context.signal])
  for (let failures = 1; ; failures++) {
    until.throwIfAborted()
    try {
      return await unlessAborted(context.connection.stop(attempt.handle, attempt.handle.graceSeconds), until)
    } catch (error) {
      until.throwIfAborted()
      if (isAedileError(error, 'infrastructure_not_found')) return
      const reason = error instanceof Error ? error.message : String(error)
      context.log.warn({ err: error, flowRunId: attempt.flowRunId, failures }, 'The run could not be stopped yet; trying again')
      context.ledger.status(attempt.key, 'cannot stop', reason).catch(() => {})
      await pause(backoffSeconds(failures), until)
    }
  }
}
