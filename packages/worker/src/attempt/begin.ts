import { readFlowRun } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import type { Handle } from '@aedile/core/infrastructure-definition'
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
import { tellThingEvent } from './thing-events.ts'

/** Claimed: render, and store the handle. Nothing may be created before this is accepted. */
export async function intend(context: WorkerContext, attempt: Attempt): Promise<void> {
  if (!attempt.claimed) {
    await announceStart(context, attempt)
    const run = await persistently(context, attempt, () => readFlowRun(context.client, attempt.flowRunId))
    if (!isClaimedBy(run, attempt.key)) return letGo(context, attempt, `the run is ${run.state_name ?? 'without state'}`)
    await attempt.move('claimed')
  }
  const rendered = await renderOrEnd(context, attempt)
  if (!rendered) return
  attempt.run = rendered.run
  const labels = labelsOf(context, rendered)
  // Where the note is all that is known of an attempt, it is there before the run says Submitting.
  if (!context.ledger.shared) await attempt.move('intended', { handle: rendered.handle })
  const isCancelling = await persistently(context, attempt, () => context.ledger.intend(attempt, rendered.handle, labels))
  if (context.ledger.shared) await attempt.move('intended', { handle: rendered.handle })
  // A run that is cancelled by now is not started.
  if (isCancelling) attempt.cancel()
  announce(context, attempt, rendered)
  await start(context, attempt, rendered)
  if (attempt.step === 'started') {
    void writeRunLog(context, attempt.flowRunId, 'info', `Flow run '${rendered.run.flowRun.name}' submitted to infrastructure`)
  }
}

/**
 * Intended by a worker that is gone, perhaps started: start under the same name. What exists already with this attempt's
 * key is adopted. A run that is to be cancelled, or went on without this attempt, is not started: it is stopped.
 */
export async function startAgain(context: WorkerContext, attempt: Attempt): Promise<void> {
  if (!attempt.claimed) await announceStart(context, attempt)
  const run = await persistently(context, attempt, () => readFlowRun(context.client, attempt.flowRunId))
  if (run.state_type === 'CANCELLING') return endUnstarted(context, attempt)
  if (run.state_type !== 'PENDING' && run.state_type !== 'RUNNING') return endUnwanted(context, attempt)
  const rendered = await renderOrEnd(context, attempt)
  if (!rendered) return
  attempt.run = rendered.run
  await start(context, attempt, rendered)
}

/**
 * Picked up: who claimed it may be alive and at it, e.g. a worker of the same name that ends just now. Announced before it is
 * looked whether the attempt still stands: either that look sees the end that was reported, or who removes sees this.
 */
async function announceStart(context: WorkerContext, attempt: Attempt): Promise<void> {
  const { connection, ledger } = context
  const announce = async () => connection.announce?.({ attempt: attempt.key, server: ledger.serverId })
  await persistently(context, attempt, announce)
}

async function start(context: WorkerContext, attempt: Attempt, rendered: Rendered): Promise<void> {
  const until = AbortSignal.any([attempt.letGoSignal, attempt.cancelSignal, context.signal])
  await waitUntilDue(rendered, until)
  const status = (phase: string, detail?: string) =>
    void context.ledger.status(attempt.key, phase, detail ?? null).catch(() => {})
  const sink: Sink = {
    output: () => {},
    status: logPhases(context, attempt, status),
    handle: () => {},
    event: (event) => tellThingEvent(context, attempt, event),
  }
  for (let failures = 1; ; failures++) {
    attempt.letGoSignal.throwIfAborted()
    context.signal.throwIfAborted()
    if (attempt.isCancelled) return endUnstarted(context, attempt)
    try {
      const io = { sink, signal: attempt.letGoSignal }
      const handle = await context.connection.start(rendered.request, attempt.handle, io)
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

/** Started: native ids join the stored handle before anything else is awaited. A plain command runs from its start. */
export async function record(context: WorkerContext, attempt: Attempt): Promise<void> {
  const until = AbortSignal.any([attempt.letGoSignal, context.signal])
  const { handle } = attempt
  const recorded = { handle, pid: context.definition.infrastructurePid(handle), isRunning: isNoEngine(handle) }
  for (;;) {
    const delaySeconds = await persistently(context, attempt, () => context.ledger.record(attempt, recorded))
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
function announce(context: WorkerContext, attempt: Attempt, { run }: Rendered): void {
  emitRunEvent(context, 'submitted-flow-run', run)
  const line = `Worker '${context.facts.name}' submitting flow run '${attempt.flowRunId}'`
  void writeRunLog(context, attempt.flowRunId, 'info', line)
}

/** What a run carries from before its start on: what it makes inherits it. */
function labelsOf({ facts, definition }: WorkerContext, { run: { workPool } }: Rendered): Record<string, string> {
  return {
    'prefect.worker.name': facts.name,
    'prefect.worker.type': definition.type,
    ...(workPool ? { 'prefect.work-pool.name': workPool.name, 'prefect.work-pool.id': workPool.id } : {}),
  }
}

/** Whether the command may know nothing of the API. */
function isNoEngine({ reports = 'engine' }: Handle): boolean {
  return reports !== 'engine'
}

/** An engine waits by itself for its scheduled time. A plain command knows of none, so the worker waits for it. */
async function waitUntilDue({ handle, run }: Rendered, until: AbortSignal): Promise<void> {
  const due = isNoEngine(handle) ? run.flowRun.expected_start_time : null
  const seconds = due ? (Date.parse(due) - Date.now()) / 1000 : 0
  if (seconds > 0) await pause(seconds, until)
}
