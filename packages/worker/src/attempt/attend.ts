import { readFlowRun, setFlowRunState, updateFlowRun, updateFlowRunLabels } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import type { Outcome } from '@aedile/core/infrastructure-definition'
import { isFinalAnswer, pause, persist } from '../backoff.ts'
import { isClaimedBy } from '../claim.ts'
import { emitRunEvent } from '../events.ts'
import type { Sink } from '../infrastructure-driver.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'
import { observeToEnd } from './observe.ts'
import { DeploymentGone, type Rendered, renderAttempt } from './render.ts'
import { reportOutcome } from './report.ts'
import { writeRunLog } from './run-log.ts'
import { stopWhenCancelled } from './stop.ts'

/**
 * The story of one attempt, from the step that it has reached to the end. Whatever dies, the next worker comes in at the
 * step that was stored last: every step may be taken twice and counts once.
 */
export async function attend(context: WorkerContext, attempt: Attempt): Promise<void> {
  const isResumed = attempt.step === 'started'
  try {
    if (attempt.step === 'claiming' || attempt.step === 'claimed') await intend(context, attempt)
    if (attempt.step === 'intended') await start(context, attempt)
    if (attempt.step === 'started') await observe(context, attempt, isResumed)
    if (attempt.step === 'ended') await report(context, attempt)
    if (attempt.step === 'reported') await remove(context, attempt)
  } catch (error) {
    if (attempt.letGoSignal.aborted || context.signal.aborted) return
    if (isAedileError(error, 'attempt_refused') || isAedileError(error, 'api_conflict')) return letGo(context, attempt, error)
    throw error
  }
}

/** Claimed: render, and store the handle. Nothing may be created before this is accepted. */
async function intend(context: WorkerContext, attempt: Attempt): Promise<void> {
  const run = await persistently(context, attempt, () => readFlowRun(context.client, attempt.flowRunId))
  if (!isClaimedBy(run, attempt.key)) return letGo(context, attempt, new Error(`the run is ${run.state_name ?? 'without state'}`))
  await attempt.move('claimed')
  const rendered = await renderOrCrash(context, attempt)
  if (!rendered) return
  await persistently(context, attempt, () => context.ledger.intend(attempt.key, rendered.handle))
  await attempt.move('intended', { handle: rendered.handle })
  await announce(context, attempt, rendered)
  await startRendered(context, attempt, rendered)
}

/** Intended, perhaps created: start under the same name. What exists already with this attempt's key is adopted. */
async function start(context: WorkerContext, attempt: Attempt): Promise<void> {
  const rendered = await renderOrCrash(context, attempt)
  if (rendered) await startRendered(context, attempt, rendered)
}

async function startRendered(context: WorkerContext, attempt: Attempt, rendered: Rendered): Promise<void> {
  await waitUntilDue(context, attempt, rendered)
  if (attempt.isCancelled) return end(context, attempt, STOPPED_BEFORE_START)
  const sink: Sink = {
    output: () => {},
    status: (phase, detail) => tellStatus(context, attempt, phase, detail),
    handle: () => {},
  }
  try {
    const handle = await context.connection.start(rendered.request, attempt.handle, { sink, signal: attempt.letGoSignal })
    await attempt.move('started', { handle: { ...handle, reports: rendered.handle.reports } })
  } catch (error) {
    if (attempt.letGoSignal.aborted || context.signal.aborted) throw error
    return crashAtStart(context, attempt, error)
  }
  await record(context, attempt)
}

/** Started: native ids join the stored handle before anything else is awaited. */
async function record(context: WorkerContext, attempt: Attempt): Promise<void> {
  await persistently(context, attempt, () => context.ledger.record(attempt.key, attempt.handle))
  const pid = context.definition.infrastructurePid(attempt.handle)
  if (pid !== null) {
    await persistently(context, attempt, () =>
      updateFlowRun(context.client, attempt.flowRunId, { infrastructure_pid: pid }),
    ).catch((error: unknown) =>
      context.log.warn({ err: error, flowRunId: attempt.flowRunId }, 'The infrastructure id could not be stored'),
    )
  }
  if (attempt.handle.reports === 'worker') await proposeRunning(context, attempt)
}

/** A plain command runs from its start. Proposed once: after a restart the run may be further already. */
async function proposeRunning(context: WorkerContext, attempt: Attempt): Promise<void> {
  await persistently(context, attempt, async () => {
    const run = await readFlowRun(context.client, attempt.flowRunId)
    if (run.state_type !== 'PENDING') return
    await setFlowRunState(context.client, attempt.flowRunId, { type: 'RUNNING', name: 'Running' }, { attempt: attempt.key })
  })
}

async function observe(context: WorkerContext, attempt: Attempt, isResumed: boolean): Promise<void> {
  if (isResumed) await record(context, attempt)
  const stopping = stopWhenCancelled(context, attempt)
  try {
    const outcome = await observeToEnd(context, attempt)
    if (outcome) await end(context, attempt, outcome)
  } finally {
    stopping.close()
  }
}

async function end(context: WorkerContext, attempt: Attempt, outcome: Outcome): Promise<void> {
  await attempt.move('ended', { outcome })
  await persistently(context, attempt, () => context.ledger.end(attempt.key, outcome))
}

/** Ended: the run's state is proposed, fenced. The child may have reported by itself; then this only adds facts. */
async function report(context: WorkerContext, attempt: Attempt): Promise<void> {
  const outcome = attempt.outcome ?? UNKNOWN_END
  const reports = attempt.hasHandle ? (attempt.handle.reports ?? 'engine') : 'engine'
  const { proposed } = await persistently(context, attempt, () => reportOutcome(context.client, attempt, outcome, reports))
  if (proposed?.type === 'CRASHED') {
    await writeRunLog(context, attempt.flowRunId, 'error', proposed.message ?? 'The run crashed')
  }
  await persistently(context, attempt, () => context.ledger.report(attempt.key))
  await attempt.move('reported')
  const identifier = attempt.hasHandle ? (context.definition.infrastructurePid(attempt.handle) ?? attempt.handle.name) : ''
  await emitRunEvent(context, 'executed-flow-run', attempt.flowRunId, {
    'prefect.infrastructure.identifier': identifier,
    'prefect.infrastructure.status-code': String(outcome.exitCode ?? -1),
  })
}

async function remove(context: WorkerContext, attempt: Attempt): Promise<void> {
  if (attempt.hasHandle) {
    await persist(() => context.connection.remove(attempt.handle), {
      signal: attempt.letGoSignal,
      isFinal: (error) =>
        isAedileError(error, 'infrastructure_not_found') || isAedileError(error, 'infrastructure_not_available'),
    }).catch((error: unknown) => {
      if (attempt.letGoSignal.aborted) throw error
    })
    await persistently(context, attempt, () => context.ledger.remove(attempt.key))
  }
  await attempt.forget()
}

async function renderOrCrash(context: WorkerContext, attempt: Attempt): Promise<Rendered | null> {
  try {
    return await renderAttempt(context, attempt)
  } catch (error) {
    if (!isFinalAnswer(error) || attempt.letGoSignal.aborted) throw error
    if (error instanceof DeploymentGone) {
      const state = { type: 'CANCELLED' as const, name: 'Cancelled', message: error.message }
      await persistently(context, attempt, () =>
        setFlowRunState(context.client, attempt.flowRunId, state, { force: true, attempt: attempt.key }),
      )
      await attempt.forget()
    } else {
      await crashAtStart(context, attempt, error)
    }
    return null
  }
}

async function crashAtStart(context: WorkerContext, attempt: Attempt, error: unknown): Promise<void> {
  const text = error instanceof Error ? error.message : String(error)
  const kind = error instanceof Error ? error.name : 'Error'
  const reason = `Failed to submit flow run to infrastructure: ${kind}: ${text}`
  context.log.error({ err: error, flowRunId: attempt.flowRunId }, reason)
  const outcome: Outcome = { kind: 'failed', exitCode: null, signal: null, reason, advice: null, lastLines: [] }
  if (attempt.step === 'intended') return end(context, attempt, outcome)
  await attempt.move('ended', { outcome })
}

/** Tells everyone that the run was taken: event, labels, the state Submitting, a line in its log. None of it decides anything. */
async function announce(context: WorkerContext, attempt: Attempt, { run }: Rendered): Promise<void> {
  const { workPool } = run
  await Promise.allSettled([
    writeRunLog(context, attempt.flowRunId, 'info', `Worker '${context.facts.name}' submitting flow run '${attempt.flowRunId}'`),
    emitRunEvent(context, 'submitted-flow-run', attempt.flowRunId),
    updateFlowRunLabels(context.client, attempt.flowRunId, {
      'prefect.worker.name': context.facts.name,
      'prefect.worker.type': context.definition.type,
      ...(workPool ? { 'prefect.work-pool.name': workPool.name, 'prefect.work-pool.id': workPool.id } : {}),
    }),
  ])
  await setFlowRunState(
    context.client,
    attempt.flowRunId,
    { type: 'PENDING', name: 'Submitting' },
    { attempt: attempt.key },
  ).catch(() => {})
}

/** An engine waits by itself for its scheduled time. A plain command knows of none, so the worker waits for it. */
async function waitUntilDue(context: WorkerContext, attempt: Attempt, rendered: Rendered): Promise<void> {
  if (rendered.handle.reports !== 'worker') return
  const due = rendered.run.flowRun.expected_start_time
  const seconds = due ? (Date.parse(due) - Date.now()) / 1000 : 0
  if (seconds > 0) await pause(seconds, AbortSignal.any([attempt.letGoSignal, attempt.cancelSignal, context.signal]))
}

function tellStatus(context: WorkerContext, attempt: Attempt, phase: string, detail?: string): void {
  context.ledger.status(attempt.key, phase, detail ?? null).catch(() => {})
}

async function letGo(context: WorkerContext, attempt: Attempt, reason: unknown): Promise<void> {
  context.log.info({ flowRunId: attempt.flowRunId, attempt: attempt.key, reason: String(reason) }, 'Letting go of an attempt')
  attempt.lose()
  await attempt.forget()
}

/** Goes on until the server takes it, the attempt is let go, or the worker ends. */
function persistently<T>(context: WorkerContext, attempt: Attempt, action: () => Promise<T>): Promise<T> {
  return persist(action, {
    signal: AbortSignal.any([attempt.letGoSignal, context.signal]),
    isFinal: isFinalAnswer,
    onFailure: (error, failures) => {
      if (failures === 3) context.log.warn({ err: error, flowRunId: attempt.flowRunId }, 'The server does not answer; trying on')
    },
  })
}

const STOPPED_BEFORE_START: Outcome = {
  kind: 'stopped',
  exitCode: null,
  signal: null,
  reason: 'The run was cancelled before anything was started.',
  advice: null,
  lastLines: [],
}

const UNKNOWN_END: Outcome = {
  kind: 'failed',
  exitCode: null,
  signal: null,
  reason: 'How the attempt ended is not known.',
  advice: null,
  lastLines: [],
}
