import { setFlowRunState } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import type { Outcome } from '@aedile/core/infrastructure-definition'
import { persist } from '../backoff.ts'
import { emitRunEvent } from '../events.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'
import { persistently } from './let-go.ts'
import { readRunContext } from './render.ts'
import { buildConclusions, levelOfCrash, reportOutcome } from './report.ts'
import { writeRunLog } from './run-log.ts'
import { stopUntilGone } from './stop.ts'

/** It ended like this. */
export async function end(attempt: Attempt, outcome: Outcome): Promise<void> {
  await attempt.move('ended', { outcome })
}

/** Ended: the run's state is proposed, fenced. The child may have reported by itself; then this only adds facts. */
export async function report(context: WorkerContext, attempt: Attempt): Promise<void> {
  const outcome = attempt.outcome ?? outcomeOf('failed', 'How the attempt ended is not known.')
  if (!(await conclude(context, attempt, outcome))) await proposeOutcome(context, attempt, outcome)
  await attempt.move('reported')
  const identifier = attempt.hasHandle ? (context.definition.infrastructurePid(attempt.handle) ?? attempt.handle.name) : ''
  // Without deployment or run there is nothing left to tell about.
  const run = attempt.run ?? (await readRunContext(context, attempt.flowRunId).catch(() => null))
  if (run === null) return
  emitRunEvent(context, 'executed-flow-run', run, {
    'prefect.infrastructure.identifier': identifier,
    'prefect.infrastructure.status-code': String(outcome.exitCode ?? -1),
  })
}

/**
 * Tells how it ended, and what that makes of the run: where the ledger can, in one step. False when the run has to be looked
 * at, as every cancelled one.
 */
async function conclude(context: WorkerContext, attempt: Attempt, outcome: Outcome): Promise<boolean> {
  if (!attempt.hasHandle) return false
  const conclusions = attempt.isCancelled ? [] : buildConclusions(outcome, attempt.handle.reports ?? 'engine')
  const state = await persistently(context, attempt, () => context.ledger.end(attempt.key, outcome, conclusions))
  if (state === 'CRASHED') {
    const crash = conclusions.find((conclusion) => conclusion.state?.type === 'CRASHED')?.state
    logCrash(context, attempt, outcome, crash?.message)
  }
  return state !== null
}

/** Proposes what the run's present state makes necessary. */
async function proposeOutcome(context: WorkerContext, attempt: Attempt, outcome: Outcome): Promise<void> {
  const reports = attempt.hasHandle ? (attempt.handle.reports ?? 'engine') : 'engine'
  const beforeCancelled = () => (attempt.hasHandle ? stopUntilGone(context, attempt) : Promise.resolve())
  const proposed = await persistently(context, attempt, () =>
    reportOutcome(context.client, attempt, outcome, reports, beforeCancelled),
  )
  if (proposed?.type === 'CRASHED') logCrash(context, attempt, outcome, proposed.message)
  if (attempt.hasHandle) await persistently(context, attempt, () => context.ledger.report(attempt.key))
}

function logCrash(context: WorkerContext, attempt: Attempt, outcome: Outcome, message: string | null | undefined): void {
  void writeRunLog(context, attempt.flowRunId, levelOfCrash(outcome), message ?? 'The run crashed')
}

/** Reported: what was made is removed, and the attempt is over. */
export async function remove(context: WorkerContext, attempt: Attempt): Promise<void> {
  if (attempt.hasHandle) {
    await removeThing(context, attempt)
    await persistently(context, attempt, () => context.ledger.remove(attempt.key))
  }
  await attempt.forget()
}

async function removeThing(context: WorkerContext, attempt: Attempt): Promise<void> {
  const signal = AbortSignal.any([attempt.letGoSignal, context.signal])
  const isGone = (error: unknown) =>
    isAedileError(error, 'infrastructure_not_found') || isAedileError(error, 'infrastructure_not_available')
  const onFailure = (error: unknown, failures: number) => {
    if (failures === 1)
      context.log.warn({ err: error, flowRunId: attempt.flowRunId }, 'What a run left could not be removed; trying on')
  }
  try {
    // Had somebody taken it over before its report, it would be lost; who picked it up all the same has announced it.
    const hasOneStarter = attempt.hasKnownStarters
    await persist(() => context.connection.remove(attempt.handle, { hasOneStarter }), { signal, isFinal: isGone, onFailure })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Cancelled before it was known to be started. It may exist all the same, so it is stopped. */
export async function endUnstarted(context: WorkerContext, attempt: Attempt): Promise<void> {
  attempt.cancel()
  await stopUntilGone(context, attempt)
  await end(attempt, outcomeOf('stopped', 'The run was cancelled before anything was started.'))
}

/** The run went on without this attempt: what it may have started is stopped, and nothing is proposed. */
export async function endUnwanted(context: WorkerContext, attempt: Attempt): Promise<void> {
  await stopUntilGone(context, attempt)
  await attempt.move('reported', { outcome: outcomeOf('stopped', 'The run went on without this attempt.') })
}

/** It cannot be started, or not be rendered. What a failed start may have left is ended before the run says Crashed. */
export async function crashAtStart(context: WorkerContext, attempt: Attempt, error: unknown): Promise<void> {
  const text = error instanceof Error ? error.message : String(error)
  const kind = error instanceof Error ? error.name : 'Error'
  const reason = `Failed to submit flow run to infrastructure: ${kind}: ${text}`
  context.log.error({ err: error, flowRunId: attempt.flowRunId }, reason)
  if (attempt.hasHandle) await stopUntilGone(context, attempt)
  await end(attempt, outcomeOf('failed', reason))
}

/** The deployment was deleted meanwhile: there is nothing to render from. */
export async function cancelForGoneDeployment(context: WorkerContext, attempt: Attempt, error: Error): Promise<void> {
  if (attempt.hasHandle) await stopUntilGone(context, attempt)
  const state = { type: 'CANCELLED' as const, name: 'Cancelled', message: error.message }
  await persistently(context, attempt, () =>
    setFlowRunState(context.client, attempt.flowRunId, state, { force: true, attempt: attempt.key }),
  )
  await end(attempt, outcomeOf('stopped', error.message))
}

function outcomeOf(kind: Outcome['kind'], reason: string): Outcome {
  return { kind, exitCode: null, signal: null, reason, advice: null, lastLines: [] }
}
