import { pause } from '@aedile/core/client/pause'
import { isAedileError } from '@aedile/core/errors'
import { MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { TaskDefinition } from '../definition.ts'
import { retryDelaySeconds } from '../retry-delay.ts'
import { type RunContextStore, runContextStorage } from '../run-context.ts'
import type { Session } from '../session.ts'
import { callBounded } from './bounded-call.ts'
import { describeError } from './ending.ts'
import { callHooks } from './hooks.ts'
import { trackPending } from './pending.ts'
import { createRunLogger } from './run-logger.ts'
import type { TaskScope } from './scope.ts'
import { acquireTagSlots } from './tag-slots.ts'
import { taskInputsOf } from './task-inputs.ts'
import { TaskRunTracker, type TaskTransition } from './task-run-tracker.ts'

/** How long a task may tidy up after its flow run was cancelled. */
const CANCELLATION_GRACE_SECONDS = 10

/** Runs a task to its end: in the flow run that it was called in, or by itself. Returns what it returns; throws what it throws. */
export function runTask(definition: TaskDefinition, args: unknown[], session: Session): Promise<unknown> {
  const store: RunContextStore = runContextStorage().getStore() ?? { session, flow: null, task: null }
  const ended = runToEnd(definition, args, store)
  trackPending(store.flow?.pending, ended)
  return ended
}

async function runToEnd(definition: TaskDefinition, args: unknown[], store: RunContextStore): Promise<unknown> {
  const { session, flow } = store
  const taskRun = createTaskRun(definition, args, store)
  const scope = createScope(definition, taskRun, store)
  const slots = await acquireTagSlots(session, definition.options.tags ?? [], taskRun.id, scope.signal)
  try {
    return await runContextStorage().run({ session, flow, task: scope }, () => runWithRetries(scope, args, store))
  } finally {
    await slots?.release()
    // Alone, nobody else waits until the run is known to the server.
    if (!flow) await Promise.all([session.events?.flush(), session.logs?.flush()])
  }
}

function createTaskRun(definition: TaskDefinition, args: unknown[], { session, flow }: RunContextStore): TaskRunTracker {
  const dynamicKey = flow ? crypto.randomUUID() : `${definition.key}-${crypto.randomUUID().replaceAll('-', '')}`
  const { taskRunName } = definition.options
  const given = typeof taskRunName === 'function' ? taskRunName(...(args as never[])) : taskRunName
  const name = given ?? (flow ? `${definition.name}-${dynamicKey.slice(0, 3)}` : definition.name)
  const taskInputs = taskInputsOf(definition.parameterNames, args, flow?.madeBy ?? new WeakMap())
  const flowRunRunCount = flow?.record.flowRun.run_count ?? 0
  const events = flow && !flow.record.recorded ? null : session.events
  const facts = { definition, name, dynamicKey, taskInputs, flowRunRunCount }
  return new TaskRunTracker(facts, events, flow?.related ?? Promise.resolve([]))
}

function createScope(definition: TaskDefinition, taskRun: TaskRunTracker, { session, flow }: RunContextStore): TaskScope {
  const recorded = flow ? flow.record.recorded : session.client !== null
  const run = { flowRunId: flow?.record.flowRun.id ?? null, taskRunId: taskRun.id, recorded, label: `Task run '${taskRun.name}'` }
  return { definition, taskRun, logger: createRunLogger(session, run), signal: flow?.signal ?? new AbortController().signal }
}

async function runWithRetries(scope: TaskScope, args: unknown[], store: RunContextStore): Promise<unknown> {
  const { options } = scope.definition
  const retries = options.retries ?? 0
  scope.taskRun.moveTo({ type: 'PENDING', name: 'Pending' })
  for (let retry = 0; ; retry++) {
    await moveTo(scope, { type: 'RUNNING', name: retry === 0 ? 'Running' : 'Retrying' })
    try {
      const value = await callTask(scope, args, store)
      await complete(scope, value, store)
      return value
    } catch (error) {
      const again = retry < retries && !scope.signal.aborted && (await isWorthRetry(scope, error))
      if (!again) {
        await fail(scope, error)
        throw error
      }
      await awaitRetry(scope, error, retry + 1, retries)
    }
  }
}

function callTask(scope: TaskScope, args: unknown[], store: RunContextStore): Promise<unknown> {
  const { definition, signal, taskRun } = scope
  const { timeoutSeconds } = definition.options
  const bounds = { what: 'Task run', owner: taskRun.id, signal, timeoutSeconds, graceSeconds }
  return callBounded(bounds, (inner) => {
    // Inside, the signal also fires at the task's own timeout.
    const inside = { ...store, task: { ...scope, signal: inner } }
    return runContextStorage().run(inside, () => definition.call(...args))
  })
}

function graceSeconds(reason: unknown): number {
  return isAedileError(reason, 'flow_run_cancelled') ? CANCELLATION_GRACE_SECONDS : 0
}

async function complete(scope: TaskScope, value: unknown, { session, flow }: RunContextStore): Promise<void> {
  const persist = scope.definition.options.persistResult ?? session.settings.resultsPersistByDefault
  const data = persist ? await session.results.save(value) : null
  if (typeof value === 'object' && value !== null) flow?.madeBy.set(value, scope.taskRun.id)
  await moveTo(scope, { type: 'COMPLETED', name: 'Completed', data })
  scope.logger.info('Finished in state Completed()')
}

async function fail(scope: TaskScope, error: unknown): Promise<void> {
  const transition = failureOf(scope, error)
  await moveTo(scope, transition)
  scope.logger.error(`Finished in state ${transition.name}: ${describeError(error)}`)
}

function failureOf({ taskRun, signal }: TaskScope, error: unknown): TaskTransition {
  if (signal.aborted) {
    const cancelled = isAedileError(signal.reason, 'flow_run_cancelled')
    const message = cancelled ? 'The flow run was cancelled.' : `The flow run ended: ${describeError(signal.reason)}`
    return cancelled ? { type: 'CANCELLED', name: 'Cancelled', message } : { type: 'CRASHED', name: 'Crashed', message }
  }
  if (isAedileError(error, 'run_timed_out') && error.details.owner === taskRun.id) {
    return { type: 'FAILED', name: 'TimedOut', message: error.message }
  }
  return { type: 'FAILED', name: 'Failed', message: `Task run encountered an exception ${describeError(error)}` }
}

async function isWorthRetry({ definition, logger }: TaskScope, error: unknown): Promise<boolean> {
  try {
    return (await definition.options.retryWhen?.(error)) ?? true
  } catch (fault) {
    logger.error('retryWhen failed, so the task is not tried again:', fault)
    return false
  }
}

async function awaitRetry(scope: TaskScope, error: unknown, retry: number, retries: number): Promise<void> {
  const { options } = scope.definition
  const delay = retryDelaySeconds(options.retryDelaySeconds, options.retryJitterFactor, retry)
  const scheduledTime = nowMicroseconds() + Math.round(delay * MICROSECONDS_PER_SECOND)
  scope.taskRun.moveTo({ type: 'SCHEDULED', name: 'AwaitingRetry', scheduledTime })
  scope.logger.info(`Failed with ${describeError(error)}. Retry ${retry}/${retries} starts in ${delay} s`)
  try {
    await pause(delay, scope.signal)
  } catch (reason) {
    await fail(scope, reason)
    throw reason
  }
}

async function moveTo(scope: TaskScope, transition: TaskTransition): Promise<void> {
  const { definition, taskRun, logger } = scope
  const state = taskRun.moveTo(transition)
  await callHooks(definition.options, state, logger, (hook) => hook({ name: definition.name }, taskRun, state))
}
