import { isFinalAnswer, persist } from '../backoff.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'

/**
 * The attempt is somebody else's, or nobody's any more: nothing is proposed, stopped or removed for it. On a genuine server
 * the note stays, because there it is all that is known.
 */
export async function letGo(context: WorkerContext, attempt: Attempt, reason: unknown): Promise<void> {
  const text = reason instanceof Error ? reason.message : String(reason)
  context.log.info({ flowRunId: attempt.flowRunId, attempt: attempt.key, reason: text }, 'Letting go of an attempt')
  attempt.lose()
  if (context.ledger.shared || !attempt.hasHandle) await attempt.forget()
}

/** Goes on until the server takes it, the attempt is let go, or the worker ends. */
export function persistently<T>(context: WorkerContext, attempt: Attempt, action: () => Promise<T>): Promise<T> {
  return persist(action, {
    signal: AbortSignal.any([attempt.letGoSignal, context.signal]),
    isFinal: isFinalAnswer,
    onFailure: (error, failures) => {
      if (failures === 3) context.log.warn({ err: error, flowRunId: attempt.flowRunId }, 'The server does not answer; trying on')
    },
  })
}
