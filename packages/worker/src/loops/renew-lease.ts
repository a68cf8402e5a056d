import type { Attempt as StoredAttempt } from '@aedile/core/attempts/messages'
import type { Roster } from '../attempt/roster.ts'
import type { WorkerContext } from '../worker-context.ts'

/**
 * Renews the lease of all attended attempts at once. The answer says which were lost to somebody else, which shall be
 * cancelled, and what is unattended on this worker's target; that is taken over, unless the worker drains.
 */
export async function renewLease(context: WorkerContext, roster: Roster, isDraining: () => boolean): Promise<void> {
  const targets = [context.target.id]
  // The server knows no attempt whose claim it has not answered.
  const attempts = roster.attempts.filter((attempt) => attempt.step !== 'claiming')
  const answer = await context.ledger.renew(
    attempts.map((attempt) => attempt.key),
    targets,
  )
  if (!answer) return
  const cancelling = new Set(answer.cancelling.map((one) => one.attempt))
  const lost = new Set(answer.lost)
  for (const attempt of attempts) {
    // Between the question and its answer the attempt may have come to its end.
    if (lost.has(attempt.key) && roster.has(attempt.key) && attempt.step !== 'reported') {
      context.log.warn({ flowRunId: attempt.flowRunId }, 'A run is no longer this worker’s; letting go of it')
      attempt.lose()
      await attempt.forget()
    } else if (cancelling.has(attempt.key)) attempt.cancel()
  }
  if (!isDraining()) await takeOverAll(context, roster, answer.unattended, targets)
}

async function takeOverAll(context: WorkerContext, roster: Roster, offered: StoredAttempt[], targets: string[]): Promise<void> {
  for (const stored of offered) {
    if (roster.has(stored.key)) continue
    const taken = await context.ledger.takeOver(stored.key, targets)
    if (!taken) continue
    context.log.info({ flowRunId: taken.flow_run_id }, 'Took over a run whose worker is gone')
    roster.attendStored(taken)
  }
}
