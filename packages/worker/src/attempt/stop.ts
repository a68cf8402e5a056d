import { isAedileError } from '@aedile/core/errors'
import { backoffSeconds, pause } from '../backoff.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'

/**
 * Ends the thing when its run shall be cancelled. The observation then sees it end. What cannot be stopped yet is tried
 * again: the run stays Cancelling, its status says why.
 */
export function stopWhenCancelled(context: WorkerContext, attempt: Attempt): { close(): void } {
  const closed = new AbortController()
  const until = AbortSignal.any([closed.signal, attempt.letGoSignal, context.signal])
  const stop = () => void stopUntilGone(context, attempt, until)
  if (attempt.isCancelled) stop()
  else attempt.cancelSignal.addEventListener('abort', stop, { once: true })
  return {
    close: () => {
      attempt.cancelSignal.removeEventListener('abort', stop)
      closed.abort()
    },
  }
}

async function stopUntilGone(context: WorkerContext, attempt: Attempt, until: AbortSignal): Promise<void> {
  for (let failures = 1; !until.aborted; failures++) {
    try {
      await context.connection.stop(attempt.handle, attempt.handle.graceSeconds)
      return
    } catch (error) {
      if (isAedileError(error, 'infrastructure_not_found')) return
      const reason = error instanceof Error ? error.message : String(error)
      context.log.warn({ err: error, flowRunId: attempt.flowRunId }, 'The run could not be stopped yet; trying again')
      context.ledger.status(attempt.key, 'cannot stop', reason).catch(() => {})
      await pause(backoffSeconds(failures), until)
    }
  }
}
