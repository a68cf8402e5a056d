import type { Sink } from '@aedile/worker/infrastructure-driver'
import type { Container, EngineApi } from './api.ts'
import { tellEnded } from './container-events.ts'
import { inspectOrNull } from './containers.ts'
import { EngineError, isUnanswered } from './engine-error.ts'
import type { Wake } from './engine-events.ts'
import { type LogFollower, readTail, toLastLines } from './log-follower.ts'
import type { Ending } from './outcome.ts'
import { isOver } from './stopping.ts'

/** How soon a container is looked at again whose log ended while it runs, in milliseconds. */
const LOOK_MILLISECONDS = 200

type Observation = {
  api: EngineApi
  container: Container
  /** Null when its output is not followed. */
  follower: LogFollower | null
  wake: Wake
  wasEngineAway(time: number): Promise<boolean>
  sink: Sink
  signal: AbortSignal
}

/**
 * Follows a container to its end. Its log ends with it; where the log is not followed or cannot be, the engine's events
 * tell. An ending is looked for before the last of the log is read, so that nothing written before it is missed.
 * @throws EngineError without a status when the engine cannot be asked.
 */
export async function observeContainer(observation: Observation): Promise<{ ending: Ending; lastLines: string[] }> {
  const { api, container, wake, sink, signal } = observation
  let { follower } = observation
  for (;;) {
    signal.throwIfAborted()
    if (follower && !(await readLog(follower, sink, signal))) follower = null
    const now = await inspectOrNull(api, container.Id)
    if (now === null || now.State.Status === 'removing') {
      follower?.finish()
      return { ending: { kind: 'removed' }, lastLines: [] }
    }
    if (now.State.Status === 'created' && now.State.Error) {
      return { ending: { kind: 'unstartable', error: now.State.Error }, lastLines: [] }
    }
    if (isOver(now)) {
      tellEnded(sink, now)
      return { ending: await toEnding(now, observation), lastLines: await readRest(api, now, follower, signal) }
    }
    await wake.next(signal, follower ? LOOK_MILLISECONDS : undefined)
  }
}

/** Reads the log as long as it comes. False when this log cannot be read at all. */
async function readLog(follower: LogFollower, sink: Sink, signal: AbortSignal): Promise<boolean> {
  try {
    await follower.read(signal, true)
  } catch (error) {
    signal.throwIfAborted()
    if (isUnanswered(error)) throw error
    const isUnreadable = error instanceof EngineError && error.status !== 404 && error.status !== 409
    if (isUnreadable) sink.status('no output', `The Docker engine cannot read the container's log: ${error.message}`)
    // Cut off in the middle, or the container is gone: what follows tells.
    return !isUnreadable
  }
  return true
}

/** What the log still holds after the end, and its last lines. */
async function readRest(
  api: EngineApi,
  container: Container,
  follower: LogFollower | null,
  signal: AbortSignal,
): Promise<string[]> {
  if (!follower) return []
  const tail = await readTail(api, container, signal)
  if (!follower.hasAll(tail)) await follower.read(signal, false)
  follower.finish()
  return toLastLines(tail)
}

/** How the engine ends its containers when it goes, and what it says of those that ended while it was away. */
const ENDED_BY_ENGINE = [137, 143, 255]

async function toEnding({ State, HostConfig }: Container, { wake, wasEngineAway }: Observation): Promise<Ending> {
  const { ExitCode: exitCode, OOMKilled: ranOut, FinishedAt } = State
  const memory = { ranOut, limitBytes: HostConfig.Memory > 0 ? HostConfig.Memory : null, peakBytes: wake.peakBytes() }
  const mayBeEngine = ENDED_BY_ENGINE.includes(exitCode) && !ranOut
  if (mayBeEngine && (await wasEngineAway(Date.parse(FinishedAt)))) return { kind: 'engine-restarted', exitCode }
  return { kind: 'ended', exitCode, memory }
}
