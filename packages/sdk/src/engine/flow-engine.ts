import { pause } from '@aedile/core/client/pause'
import { AedileError, isAedileError } from '@aedile/core/errors'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { isTerminal } from '@aedile/core/states'
import type { FlowDefinition, HookState } from '../definition.ts'
import { validateParameters } from '../parameters/validate-parameters.ts'
import { startHeartbeat } from '../reporting/heartbeat.ts'
import { flowRunResource, readRelatedResources } from '../reporting/related-resources.ts'
import { resultMetadata } from '../results/result-store.ts'
import { runContextStorage } from '../run-context.ts'
import type { Session } from '../session.ts'
import { callBounded } from './bounded-call.ts'
import { type Ending, endingOfError } from './ending.ts'
import type { FlowRunRecord, RecordedState } from './flow-run-record.ts'
import { callHooks } from './hooks.ts'
import { interruptOnSignals } from './interruptions.ts'
import { keepLease } from './lease-keeper.ts'
import { openRun } from './open-run.ts'
import { trackPending, waitForPending } from './pending.ts'
import { createRunLogger } from './run-logger.ts'
import type { FlowScope } from './scope.ts'

export type RunFlowOptions = {
  session: Session
  /** The run that exists already, of a deployment. */
  existing?: FlowRun | null
  /** Ends the run from outside, for the reason that it carries: cancelled or interrupted. */
  signal?: AbortSignal
}

/** How long a function may tidy up after it was told that its run is cancelled. */
const CANCELLATION_GRACE_SECONDS = 10
const LEASE_SECONDS = 300
const PENDING_PAUSE_SECONDS = 0.2

/** Runs a flow to its end and reports every step. Returns what the flow returns; throws what it throws. */
export async function runFlow(definition: FlowDefinition, parameters: object, options: RunFlowOptions): Promise<unknown> {
  const { session, existing = null } = options
  const parent = runContextStorage().getStore()?.flow ?? null
  const record = await openRun(session, definition, parameters, parent, existing)
  const control = new AbortController()
  const scope = createScope(session, definition, record, [control.signal, parent?.signal, options.signal])
  const stops = attend(session, scope, control, parent === null && existing === null)
  const run = () => runToEnd(session, scope, parameters, stops)
  const ended = runContextStorage().run({ session, flow: scope, task: null }, run)
  trackPending(parent?.pending, ended)
  try {
    return await ended
  } finally {
    await session.logs?.flush()
    for (const stop of stops) stop()
  }
}

function createScope(
  session: Session,
  definition: FlowDefinition,
  record: FlowRunRecord,
  signals: (AbortSignal | undefined)[],
): FlowScope {
  const { flowRun, recorded } = record
  const { client } = session
  const lost = new AbortController()
  const label = `Flow run '${flowRun.name}'`
  return {
    definition,
    record,
    logger: createRunLogger(session, { flowRunId: flowRun.id, taskRunId: null, recorded, label }),
    signal: AbortSignal.any([lost.signal, ...signals.filter((signal) => signal !== undefined)]),
    lose: (reason) => lost.abort(reason),
    related:
      client && recorded
        ? readRelatedResources(client, flowRun, definition.name, session.tell)
        : Promise.resolve([flowRunResource(flowRun)]),
    pending: new Set(),
    subflowCalls: new Map(),
    madeBy: new WeakMap(),
  }
}

/** What goes on beside a recorded run: signs of life, the watch for its cancellation, signals to the process. */
function attend(session: Session, scope: FlowScope, control: AbortController, ownsProcess: boolean): (() => void)[] {
  const { flowRun, recorded } = scope.record
  if (!recorded) return []
  // Node ends when nothing but promises is left, and the run would say Running for ever.
  const alive = setInterval(() => {}, 2 ** 30)
  const stops: (() => void)[] = [() => clearInterval(alive)]
  if (session.events && session.settings.flowsHeartbeatSeconds !== null) {
    stops.push(startHeartbeat(session.events, flowRun, scope.related, session.settings.flowsHeartbeatSeconds))
  }
  if (session.cancellations) {
    const cancel = () => control.abort(new AedileError('flow_run_cancelled', { run: flowRun.id }))
    stops.push(session.cancellations.watch(flowRun.id, cancel))
  }
  if (ownsProcess) stops.push(interruptOnSignals(control))
  return stops
}

async function runToEnd(session: Session, scope: FlowScope, parameters: object, stops: (() => void)[]): Promise<unknown> {
  const { record, logger, definition } = scope
  for (let first = true; ; first = false) {
    const begun = await begin(scope).catch((error: unknown) => stopBeforeStart(session, scope, error))
    if (isTerminal(begun.type)) return loadEnded(session, record, begun)
    if (first) {
      await record.refresh()
      keepSlot(session, scope, begun, stops)
      logger.info(`Beginning flow run '${record.flowRun.name}' for flow '${definition.name}'`)
    }
    await tellHooks(scope, begun)
    const ending = await callFlow(session, scope, parameters)
    const settled = await proposeEnding(session, scope, ending)
    if (settled.type === 'SCHEDULED') {
      logger.info(`The run is tried again (${settled.name ?? settled.type}).`)
      scope.subflowCalls.clear()
      continue
    }
    await tellHooks(scope, settled)
    const log = settled.type === 'COMPLETED' ? logger.info : logger.error
    log(`Finished in state ${describeState(settled)}`)
    return resolveEnding(ending, settled, record)
  }
}

/** Proposes Running until the run has left Pending. */
async function begin({ record, signal }: FlowScope): Promise<RecordedState> {
  for (;;) {
    const state = await record.propose({ type: 'RUNNING', name: 'Running' }, { signal })
    if (state.type !== 'PENDING') return state
    await pause(PENDING_PAUSE_SECONDS, signal)
  }
}

/** Cancelled or interrupted while it waited for its start: that is reported like any other end. */
async function stopBeforeStart(session: Session, scope: FlowScope, error: unknown): Promise<never> {
  const ending = scope.signal.aborted ? endingOfError(scope.signal.reason, scope.record.flowRun.id) : null
  if (ending?.force) await tellHooks(scope, await proposeEnding(session, scope, ending))
  throw error
}

/** The run was over before it began: its kept result, or an error that says so. */
async function loadEnded(session: Session, { flowRun }: FlowRunRecord, state: RecordedState): Promise<unknown> {
  const metadata = resultMetadata(state.data)
  if (state.type === 'COMPLETED' && metadata) return session.results.load(metadata)
  throw new AedileError('flow_run_ended', { run: flowRun.name, state: state.name ?? state.type })
}

/** A run of a deployment with a limit holds a slot under a lease. Without the slot it may not go on. */
function keepSlot(session: Session, scope: FlowScope, begun: RecordedState, stops: (() => void)[]): void {
  const leaseId = begun.state_details.deployment_concurrency_lease_id
  if (!leaseId || !session.client) return
  const lost = (error: unknown) => {
    scope.logger.error('The lease of the concurrency slot was lost:', error)
    scope.lose(new AedileError('flow_run_interrupted', { signal: 'the loss of its concurrency slot' }))
  }
  stops.push(keepLease(session.client, leaseId, LEASE_SECONDS, lost))
}

async function callFlow(session: Session, scope: FlowScope, given: object): Promise<Ending> {
  const { definition, record, signal, logger } = scope
  const owner = record.flowRun.id
  try {
    const parameters = await validateParameters(definition.name, definition.schema, given)
    const { timeoutSeconds } = definition.options
    const bounds = { what: 'Flow run', owner, signal, timeoutSeconds, graceSeconds }
    const value = await callBounded(bounds, async (inner) => {
      const returned = await definition.call(parameters, inner)
      // Tasks that the flow started and did not await belong to the run as well.
      await waitForPending(scope.pending)
      return returned
    })
    const persist = definition.options.persistResult ?? session.settings.resultsPersistByDefault
    const data = persist ? await session.results.save(value) : null
    return { state: { type: 'COMPLETED', data }, value }
  } catch (error) {
    const ending = endingOfError(error, owner)
    if (ending === null) throw error
    if (ending.state.type === 'FAILED') logger.error('Encountered exception during execution:', error)
    return ending
  }
}

function graceSeconds(reason: unknown): number {
  return isAedileError(reason, 'flow_run_cancelled') ? CANCELLATION_GRACE_SECONDS : 0
}

/** The server knows all task runs before it learns how the run ended. */
async function proposeEnding(session: Session, scope: FlowScope, ending: Ending): Promise<RecordedState> {
  await session.events?.flush()
  const settled = await scope.record.propose(ending.state, { force: ending.force ?? false })
  if (settled.type !== 'CANCELLING') return settled
  // Someone cancelled meanwhile: then Cancelled is the only way out.
  const cancelled = await scope.record.propose({ type: 'CANCELLED', message: 'Flow run was cancelled.' }, { force: true })
  // Under a worker the run stays Cancelling until nothing of it is left; for this process it is over.
  return cancelled.type === 'CANCELLING' ? { ...cancelled, type: 'CANCELLED', name: 'Cancelled' } : cancelled
}

function tellHooks({ definition, record, logger }: FlowScope, state: RecordedState): Promise<void> {
  const seen: HookState = { type: state.type, name: state.name ?? state.type, message: state.message }
  return callHooks(definition.options, seen, logger, (hook) => hook({ name: definition.name }, record.flowRun, seen))
}

function resolveEnding(ending: Ending, settled: RecordedState, { flowRun }: FlowRunRecord): unknown {
  if (ending.error !== undefined) throw ending.error
  if (settled.type === 'CANCELLED') throw new AedileError('flow_run_cancelled', { run: flowRun.id })
  return ending.value
}

function describeState(state: RecordedState): string {
  return `${state.name ?? state.type}(${state.message ? JSON.stringify(state.message) : ''})`
}
