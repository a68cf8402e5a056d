import { setTimeout as delay } from 'node:timers/promises'
import { AedileError } from '@aedile/core/errors'
import type { Handle } from '@aedile/core/infrastructure-definition'
import type { Sink } from '@aedile/worker/infrastructure-driver'
import type { EngineApi } from './api.ts'
import type { ClosedAttempts } from './closed-attempts.ts'
import { inspectOrNull, listOfAttempt, wasStarted } from './containers.ts'
import { isAnswer, isUnanswered } from './engine-error.ts'
import { makeContainer } from './making.ts'
import { describeStartFailure } from './outcome.ts'
import type { DockerRequest } from './request.ts'

/** How long whoever made a container may take to start it, in milliseconds; then it is taken for dead. */
const STARTER_MILLISECONDS = 5_000
/** How long starting may take altogether: others may die in it, too. */
const TOTAL_MILLISECONDS = 120_000
const LOOK_MILLISECONDS = 20
const LOOK_AT_MOST_MILLISECONDS = 200

/**
 * Makes and starts an attempt's container, once for ever. Only who made a container starts it, because the Engine would
 * start an ended one again. Whoever finds one of the same attempt waits until it is started; one that nobody starts is
 * replaced. Resolves with the container's id.
 * @throws AedileError `infrastructure_failed` when it cannot start, or may not any more.
 */
export async function startOnce(
  api: EngineApi,
  closed: ClosedAttempts,
  request: DockerRequest,
  handle: Handle,
  { sink, signal }: { sink: Sink; signal: AbortSignal },
): Promise<string> {
  const deadline = performance.now() + TOTAL_MILLISECONDS
  while (performance.now() < deadline) {
    signal.throwIfAborted()
    const made = await makeContainer(api, request, handle, { sink, signal })
    const other = made.isMine ? await yieldToOther(api, handle, made.id) : made.id
    if (other === null) {
      if (await begin(api, closed, request, handle, made.id)) return made.id
    } else if (await waitUntilStarted(api, closed, handle, other, signal)) return other
    // Two that gave way to each other shall not do so again.
    await delay(Math.random() * LOOK_AT_MOST_MILLISECONDS, undefined, { signal })
  }
  throw failed(
    `Flow run could not start: the Docker engine did not start container ${handle.name} within ${TOTAL_MILLISECONDS / 1000} s.`,
  )
}

/**
 * A second container of the attempt may have been made under another name, where a name was free for a moment. Whoever
 * sees another one gives way to it: of two, the later sees the earlier for certain. Null when ours is the only one.
 */
async function yieldToOther(api: EngineApi, handle: Handle, id: string): Promise<string | null> {
  const other = (await listOfAttempt(api, handle)).find(({ Id }) => Id !== id)
  if (!other) return null
  await discard(api, id)
  return other.Id
}

/** Starts the container that we made. False when somebody took us for dead and removed it. */
async function begin(
  api: EngineApi,
  closed: ClosedAttempts,
  request: DockerRequest,
  handle: Handle,
  id: string,
): Promise<boolean> {
  try {
    // After it was made, so that a stop which did not see it was noted before this look.
    if (await closed.find(handle)) throw neverStarts(handle)
    for (const network of request.networks) await api.connectNetwork(network, id)
    await api.startContainer(id)
    return true
  } catch (error) {
    if (isUnanswered(error)) throw error
    // Nothing of a failed start is left behind.
    await discard(api, id)
    if (isAnswer(error, 404) && /No such container/i.test(error.message)) {
      if (await closed.find(handle)) throw neverStarts(handle)
      return false
    }
    if (isAnswer(error, 409) && /marked for removal/i.test(error.message)) return false
    throw error instanceof AedileError ? error : cannotStart(error)
  }
}

/** True when somebody started it; false when it is gone, and we may make another. */
async function waitUntilStarted(
  api: EngineApi,
  closed: ClosedAttempts,
  handle: Handle,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + STARTER_MILLISECONDS
  for (let pause = LOOK_MILLISECONDS; ; pause = Math.min(2 * pause, LOOK_AT_MOST_MILLISECONDS)) {
    const container = await inspectOrNull(api, id)
    if (container === null) {
      if (await closed.find(handle)) throw neverStarts(handle)
      return false
    }
    if (wasStarted(container)) return true
    if (performance.now() > deadline) break
    await delay(pause, undefined, { signal })
  }
  await replaceAbandoned(api, closed, handle, id)
  return false
}

/**
 * Removes a container that was made and, as it seems, never started. If it was started at the last moment after all and
 * ended at once, the Engine's events tell: then the attempt is over.
 */
async function replaceAbandoned(api: EngineApi, closed: ClosedAttempts, handle: Handle, id: string): Promise<void> {
  try {
    await api.removeContainer(id)
  } catch (error) {
    // 409: it runs by now, or somebody else removes it.
    if (isAnswer(error, 404) || isAnswer(error, 409)) return
    throw error
  }
  if (!(await hasStartEvent(api, id))) return
  await closed.close(handle, 'removed')
  throw failed(`The container of attempt ${handle.attempt} was started, ended and was removed before it could be looked at.`)
}

async function hasStartEvent(api: EngineApi, id: string): Promise<boolean> {
  const { SystemTime } = await api.info()
  const until = String(Math.floor(Date.parse(SystemTime) / 1000) + 1)
  const since = String(Math.floor(Date.parse(SystemTime) / 1000) - 60)
  const stream = await api.events({ container: [id], event: ['start'] }, AbortSignal.timeout(10_000), { since, until })
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text.trim() !== ''
}

/** Removes a container that was not started. One that runs stays: it is not ours to judge here. */
async function discard(api: EngineApi, id: string): Promise<void> {
  await api.removeContainer(id).catch((error: unknown) => {
    if (!isAnswer(error, 404) && !isAnswer(error, 409)) throw error
  })
}

function cannotStart(error: unknown): AedileError {
  const { reason, advice } = describeStartFailure((error as Error).message)
  return failed(`Flow run could not start: ${reason} ${advice}`, error)
}

function neverStarts({ attempt }: Handle): AedileError {
  return failed(`Attempt ${attempt} was stopped or removed before; it cannot be started again.`)
}

function failed(what: string, cause?: unknown): AedileError {
  return new AedileError('infrastructure_failed', { what }, { cause })
}
