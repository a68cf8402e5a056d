import type { Roster } from '../attempt/roster.ts'
import type { WorkerContext } from '../worker-context.ts'

/**
 * Renews the lease of all attended attempts at once. The answer says which were lost to somebody else, which shall be
 * cancelled, and what is unattended on this worker's target; that is taken over.
 */
export async function renewLease(context: WorkerContext, roster: Roster): Promise<void> {
  const targets = [context.target.id]
  const answer = await context.ledger.renew(
    roster.attempts.filter((attempt) => attempt.step !== 'claiming').map((attempt) => attempt.key),
    targets,
  )
  if (!answer) return
  const cancelling = new Set(answer.cancelling.map((one) => one.attempt))
  const lost = new Set(answer.lost)
  for (const attempt of roster.attempts) {
    if (lost.has(attempt.key)) {
      context.log.warn({ flowRunId: attempt.flowRunId }, 'A run was taken over by another worker; letting go of it')
      attempt.lose()
      await attempt.forget()
    } else if (cancelling.has(attempt.key)) attempt.cancel()
  }
  for (const stored of answer.unattended) {
    if (roster.has(stored.key)) continue
    const taken = await context.ledger.takeOver(stored.key, targets)
    if (!taken) continue
    context.log.info({ flowRunId: taken.flow_run_id }, 'Took over a run whose worker is gone')
    roster.attendStored(taken)
  }
}
