import { readFlowRun, setFlowRunState, updateFlowRun, updateFlowRunLabels } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import { backoffSeconds, isFinalAnswer, pause } from '../backoff.ts'
import { isClaimedBy } from '../claim.ts'
import { emitRunEvent } from '../events.ts'
import type { Sink } from '../infrastructure-driver.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { Attempt } from './attempt.ts'
import { cancelForGoneDeployment, crashAtStart, endUnstarted, endUnwanted } from './finish.ts'
import { letGo, persistently } from './let-go.ts'
import { DeploymentGone, type Rendered, renderAttempt } from './render.ts'
import { writeRunLog } from './run-log.ts'

/** Claimed: render, and store the handle. Nothing may be created before this is accepted. */
export async function intend(context: WorkerContext, attempt: Attempt): Promise<void> {
  if (!attempt.claimed) {
    const run = await persistently(context, attempt, () => readFlowRun(context.client, attempt.flowRunId))
    if (!isClaimedBy(run, attempt.key)) return letGo(context, attempt, `the run is ${run.state_name ?? 'without state'}`)
    await attempt.move('claimed')
  }
  const rendered = await renderOrEnd(context, attempt)
  if (!rendered) return
  attempt.run = rendered.run
  await persistently(context, attempt, () => context.ledger.intend(attempt.key, rendered.handle))
  const intended = attempt.move('intended', { handle: rendered.handle })
  const announced = announce(context, attempt, rendered)
  await Promise.all([intended, showSubmitting(context, attempt), labelRun(context, rendered)])
  await start(context, attempt, rendered)
  await announced
  if (attempt.step === 'started') {
    await writeRunLog(context, attempt.flowRunId, 'info', `Flow run '${rendered.run.flowRun.name}' submitted to infrastructure`)
  }
}

/**
 * Intended by a worker that is gone, perhaps started: start under the same name. What exists already with this attempt's
 * key is adopted. A run that is to be cancelled, or went on without this attempt, is not started: it is stopped.
 */
export async function startAgain(context: WorkerContext, attempt: Attempt): Promise<void> {
  const run = await persistently(context, attempt, () => readFlowRun(context.client, attempt.flowRunId))
  if (run.state_type === 'CANCELLING') return endUnstarted(context, attempt)
  if (run.state_type !== 'PENDING' && run.state_type !== 'RUNNING') return endUnwanted(context, attempt)
  const rendered = await renderOrEnd(context, attempt)
  if (rendered) await start(context, attempt, rendered)
}

async function start(context: WorkerContext, attempt: Attempt, rendered: Rendered): Promise<void> {
  const until = AbortSignal.any([attempt.letGoSignal, attempt.cancelSignal, context.signal])
  await waitUntilDue(rendered, until)
  const status = (phase: string, detail?: string) =>
    void context.ledger.status(attempt.key, phase, detail ?? null).catch(() => {})
  const sink: Sink = { output: () => {}, status: logPhases(context, attempt, status), handle: () => {} }
  for (let failures = 1; ; failures++) {
    attempt.letGoSignal.throwIfAborted()
    context.signal.throwIfAborted()
    if (attempt.isCancelled) return endUnstarted(context, attempt)
    try {
      const handle = await context.connection.start(rendered.request, attempt.handle, { sink, signal: attempt.letGoSignal })
      await attempt.move('started', { handle: { ...handle, reports: rendered.handle.reports } })
      break
    } catch (error) {
      if (attempt.letGoSignal.aborted || context.signal.aborted) throw error
      if (isAedileError(error, 'infrastructure_not_available')) return letGo(context, attempt, error)
      if (!isAedileError(error) || !error.retryable) return crashAtStart(context, attempt, error)
      status('cannot start', error.message)
      await pause(backoffSeconds(failures), until)
    }
  }
  await record(context, attempt)
}

/** What a driver tells while it starts also stands in the run's log, each phase once: progress within one is only a status. */
function logPhases(context: WorkerContext, attempt: Attempt, status: Sink['status']): Sink['status'] {
  let last: string | null = null
  return (phase, detail) => {
    status(phase, detail)
    if (phase === last) return
    last = phase
    const text = detail === undefined ? phase : `${phase}: ${detail}`
    void writeRunLog(context, attempt.flowRunId, 'info', `${text.charAt(0).toUpperCase()}${text.slice(1)}`)
  }
}

/** Started: native ids join the stored handle before anything else is awaited. */
export async function record(context: WorkerContext, attempt: Attempt): Promise<void> {
  await persistently(context, attempt, () => context.ledger.record(attempt.key, attempt.handle))
  await Promise.all([
    storePid(context, attempt),
    attempt.handle.reports === 'worker' ? proposeRunning(context, attempt) : undefined,
  ])
}

async function storePid(context: WorkerContext, attempt: Attempt): Promise<void> {
  const pid = context.definition.infrastructurePid(attempt.handle)
  if (pid === null) return
  const store = () => updateFlowRun(context.client, attempt.flowRunId, { infrastructure_pid: pid })
  await persistently(context, attempt, store).catch((error: unknown) =>
    context.log.warn({ err: error, flowRunId: attempt.flowRunId }, 'The infrastructure id could not be stored'),
  )
}

/** A plain command runs from its start. Proposed only while the run is Pending: after a restart it may be further. */
async function proposeRunning(context: WorkerContext, attempt: Attempt): Promise<void> {
  const until = AbortSignal.any([attempt.letGoSignal, context.signal])
  for (;;) {
    const delaySeconds = await persistently(context, attempt, async () => {
      const run = await readFlowRun(context.client, attempt.flowRunId)
      if (run.state_type !== 'PENDING') return null
      const running = { type: 'RUNNING' as const, name: 'Running' }
      const { details } = await setFlowRunState(context.client, attempt.flowRunId, running, { attempt: attempt.key })
      return details.type === 'wait_details' ? details.delay_seconds : null
    })
    if (delaySeconds === null) return
    // The server's clock is behind this one: by it, the run is not due yet.
    await pause(Math.max(0.1, delaySeconds), until)
    until.throwIfAborted()
  }
}

async function renderOrEnd(context: WorkerContext, attempt: Attempt): Promise<Rendered | null> {
  try {
    return await persistently(context, attempt, () => renderAttempt(context, attempt))
  } catch (error) {
    if (attempt.letGoSignal.aborted || context.signal.aborted || !isFinalAnswer(error)) throw error
    if (error instanceof DeploymentGone) await cancelForGoneDeployment(context, attempt, error)
    else await crashAtStart(context, attempt, error)
    return null
  }
}

/** Tells everyone that the run was taken: an event, a line in its log. None of it decides anything. */
async function announce(context: WorkerContext, attempt: Attempt, { run }: Rendered): Promise<void> {
  await Promise.allSettled([
    writeRunLog(context, attempt.flowRunId, 'info', `Worker '${context.facts.name}' submitting flow run '${attempt.flowRunId}'`),
    emitRunEvent(context, 'submitted-flow-run', run),
  ])
}

/** Must be over before the start: what the run makes inherits its labels. */
async function labelRun(context: WorkerContext, { run }: Rendered): Promise<void> {
  const { workPool, flowRun } = run
  const labels = {
    'prefect.worker.name': context.facts.name,
    'prefect.worker.type': context.definition.type,
    ...(workPool ? { 'prefect.work-pool.name': workPool.name, 'prefect.work-pool.id': workPool.id } : {}),
  }
  await updateFlowRunLabels(context.client, flowRun.id, labels, { maxRetries: 1, timeoutSeconds: 10 }).catch(() => {})
}

/** Must be over before the start: the child goes to Running by itself. A run that is cancelled by now is not started. */
async function showSubmitting(context: WorkerContext, attempt: Attempt): Promise<void> {
  const submitting = { type: 'PENDING' as const, name: 'Submitting' }
  const options = { attempt: attempt.key, maxRetries: 1, timeoutSeconds: 10 }
  const answer = await setFlowRunState(context.client, attempt.flowRunId, submitting, options).catch(() => null)
  if (answer?.state?.type === 'CANCELLING') attempt.cancel()
}

/** An engine waits by itself for its scheduled time. A plain command knows of none, so the worker waits for it. */
async function waitUntilDue({ handle, run }: Rendered, until: AbortSignal): Promise<void> {
  const due = handle.reports === 'worker' ? run.flowRun.expected_start_time : null
  const seconds = due ? (Date.parse(due) - Date.now()) / 1000 : 0
  if (seconds > 0) await pause(seconds, until)
}
