import { AedileError } from '@aedile/core/errors'
import type { Container, EngineApi } from './api.ts'
import { inspectOrNull } from './containers.ts'
import { isAnswer } from './engine-error.ts'
import type { EngineEvents, Wake } from './engine-events.ts'

/** How long a killed container may take to be gone, in milliseconds: its processes may hang in the kernel. */
const KILLED_MILLISECONDS = 30_000
const LOOK_MILLISECONDS = 250

/** Asks a running container to end, waits, kills it, and resolves when it does not run any more. */
export async function endContainer(
  api: EngineApi,
  events: EngineEvents,
  container: Container,
  graceSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const wake = events.open(container.Id)
  try {
    await send(api, container.Id, container.Config.StopSignal || 'SIGTERM')
    if (await waitUntilOver(api, container.Id, wake, graceSeconds * 1000, signal)) return
    await send(api, container.Id, 'SIGKILL')
    if (await waitUntilOver(api, container.Id, wake, KILLED_MILLISECONDS, signal)) return
  } finally {
    wake.close()
  }
  const what = `Container ${container.Name.slice(1)} still runs ${KILLED_MILLISECONDS / 1000} s after it was killed. Look at its processes on the host.`
  throw new AedileError('infrastructure_failed', { what })
}

/** True for a container whose processes are gone. */
export function isOver({ State }: Container): boolean {
  return !State.Running && State.Status !== 'restarting' && State.Status !== 'created'
}

async function send(api: EngineApi, id: string, signal: string): Promise<void> {
  try {
    await api.killContainer(id, signal)
  } catch (error) {
    // It ended meanwhile.
    if (!isAnswer(error, 404) && !isAnswer(error, 409)) throw error
  }
}

async function waitUntilOver(
  api: EngineApi,
  id: string,
  wake: Wake,
  milliseconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    const container = await inspectOrNull(api, id)
    if (container === null || isOver(container)) return true
    const left = deadline - performance.now()
    if (left <= 0) return false
    await wake.next(signal, Math.min(left, LOOK_MILLISECONDS))
  }
}
