import { isLoss } from '../backoff.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'
import { intend, record, startAgain } from './begin.ts'
import { end, remove, report } from './finish.ts'
import { letGo } from './let-go.ts'
import { observeToEnd } from './observe.ts'
import { stopWhenCancelled } from './stop.ts'

/**
 * The story of one attempt, from the step that it has reached to the end. Whatever dies, the next worker comes in at the
 * step that was stored last: every step may be taken twice and counts once.
 */
export async function attend(context: WorkerContext, attempt: Attempt): Promise<void> {
  const isResumed = attempt.step === 'started'
  try {
    if (attempt.step === 'claiming' || attempt.step === 'claimed') await intend(context, attempt)
    else if (attempt.step === 'intended') await startAgain(context, attempt)
    else if (isResumed) await record(context, attempt)
    if (attempt.step === 'started') await observe(context, attempt)
    if (attempt.step === 'ended') await report(context, attempt)
    if (attempt.step === 'reported') await remove(context, attempt)
  } catch (error) {
    if (attempt.letGoSignal.aborted || context.signal.aborted) return
    if (isLoss(error)) return letGo(context, attempt, error)
    throw error
  }
}

/** Started: followed to its end, and stopped on the way when the run is cancelled. */
async function observe(context: WorkerContext, attempt: Attempt): Promise<void> {
  const stopping = stopWhenCancelled(context, attempt)
  try {
    const outcome = await observeToEnd(context, attempt)
    if (outcome === null) return
    // From here nothing can be said about it: the worker on its target goes on, once the lease has run out.
    if (outcome.kind === 'not-mine') return letGo(context, attempt, outcome.reason)
    await stopping.finished()
    await end(attempt, outcome)
  } finally {
    stopping.close()
  }
}
