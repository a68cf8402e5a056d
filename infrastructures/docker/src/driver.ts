import { setTimeout as delay } from 'node:timers/promises'
import { AedileError } from '@aedile/core/errors'
import type { Handle, Outcome, ServerId, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { Connection, InfrastructureDriver, LogCursor, Sink } from '@aedile/worker/infrastructure-driver'
import { type Container, EngineApi } from './api.ts'
import { ClosedAttempts } from './closed-attempts.ts'
import { tellStarted } from './container-events.ts'
import { findContainer, inspectOrNull, listOfAttempt, toHandle, wasStarted } from './containers.ts'
import { EngineError, isAnswer, isNoAnswer, isUnanswered } from './engine-error.ts'
import { EngineEvents } from './engine-events.ts'
import { QUIET_LABEL, SERVER_LABEL } from './labels.ts'
import { LogFollower } from './log-follower.ts'
import { isUnnamed } from './making.ts'
import { observeContainer } from './observing.ts'
import { toOutcome } from './outcome.ts'
import { pullImage } from './pulling.ts'
import type { DockerRequest } from './request.ts'
import { startOnce } from './starting.ts'
import { endContainer, isOver } from './stopping.ts'
import { findEndpoint } from './target.ts'

/** How soon it is looked again after a container that was not started went, in milliseconds. */
const LOOK_MILLISECONDS = 50

/** Runs attempts in containers of a Docker engine: see README.md. */
export const dockerDriver: InfrastructureDriver<DockerRequest> = {
  type: 'docker',
  async connect(target: JsonObject) {
    const endpoint = findEndpoint(target, process.env)
    const api = await EngineApi.open(endpoint, readAnswerSeconds(process.env.DOCKER_CLIENT_TIMEOUT))
    try {
      const [info, version] = await Promise.all([api.info(), api.version()])
      // Podman has no id of its own; before version 23 all engines of a host have the same one.
      return new DockerConnection(api, {
        id: `docker:${info.ID || info.Name}:${info.DockerRootDir ?? ''}`,
        engineVersion: version.Version,
        apiVersion: version.ApiVersion,
        engineOs: version.Os,
        engineArchitecture: version.Arch,
      })
    } catch (error) {
      api.close()
      throw toConnectFailure(error, endpoint.host)
    }
  },
}

type EngineFacts = { id: string; engineVersion: string; apiVersion: string; engineOs: string; engineArchitecture: string }

class DockerConnection implements Connection<DockerRequest> {
  readonly #api: EngineApi
  readonly #facts: EngineFacts
  readonly #events: EngineEvents
  readonly #closed: ClosedAttempts
  readonly #closing = new AbortController()

  constructor(api: EngineApi, facts: EngineFacts) {
    this.#api = api
    this.#facts = facts
    this.#events = new EngineEvents(api)
    this.#closed = new ClosedAttempts(api)
  }

  /** `platform` is where the worker runs, and `directory` where a relative volume starts. */
  async facts(): Promise<TargetFacts> {
    const { baseUrl } = this.#api.endpoint
    return { ...this.#facts, baseUrl, platform: process.platform, directory: process.cwd() }
  }

  announce(attempt: Pick<Handle, 'attempt' | 'server'>): Promise<void> {
    return this.#answered(() => this.#closed.announce(attempt))
  }

  async start(request: DockerRequest, handle: Handle, io: { sink: Sink; signal: AbortSignal }): Promise<Handle> {
    this.#requireHere(handle)
    const signal = AbortSignal.any([io.signal, this.#closing.signal])
    const containerId = await this.#answered(async () => {
      await pullImage(this.#api, request.pull, { sink: io.sink, signal, environment: process.env })
      return startOnce(this.#api, this.#closed, request, handle, { sink: io.sink, signal })
    })
    const native = { baseUrl: this.#api.endpoint.baseUrl, containerId }
    const chosen = isUnnamed(request, handle) ? await inspectOrNull(this.#api, containerId).catch(() => null) : null
    const started = { ...handle, name: chosen?.Name.slice(1) ?? handle.name, native: { ...handle.native, ...native } }
    io.sink.handle(started)
    return started
  }

  async observe(handle: Handle, io: { sink: Sink; signal: AbortSignal; after?: LogCursor }): Promise<Outcome> {
    const here = this.#facts.id
    if (handle.target !== here) return toOutcome({ kind: 'not-mine', target: handle.target, here })
    const signal = AbortSignal.any([io.signal, this.#closing.signal])
    try {
      const container = await findContainer(this.#api, handle)
      signal.throwIfAborted()
      if (container) return await this.#follow(handle, container, { ...io, signal })
      const isNever = (await this.#closed.find(handle)) === 'stopped'
      return toOutcome({ kind: isNever ? 'never' : 'not-found' })
    } catch (error) {
      signal.throwIfAborted()
      if (isNoAnswer(error)) return toOutcome({ kind: 'cannot-tell', why: error.message })
      throw error
    }
  }

  async stop(handle: Handle, graceSeconds: number): Promise<void> {
    this.#requireHere(handle)
    await this.#answered(async () => {
      for (;;) {
        const container = await this.#findOrClose(handle)
        if (wasStarted(container)) {
          if (isOver(container)) throw this.#notFound(handle)
          await this.#closed.close(handle, 'stopped')
          return endContainer(this.#api, this.#events, container, graceSeconds, this.#closing.signal)
        }
        // Made, not started: without it, its maker cannot start it. Then it is looked for what else there is.
        await this.#closed.close(handle, 'stopped')
        await this.#tryRemove(container.Id)
        await delay(LOOK_MILLISECONDS, undefined, { signal: this.#closing.signal })
      }
    })
  }

  async remove(handle: Handle, { hasOneStarter = false }: { hasOneStarter?: boolean } = {}): Promise<void> {
    this.#requireHere(handle)
    await this.#answered(async () => {
      const isOverForGood = hasOneStarter && (await this.#closed.forget(handle))
      if (!handle.keep && !isOverForGood) await this.#closed.close(handle, 'removed')
      // More than one where a starter was killed that had made a second one.
      for (const { Id } of await listOfAttempt(this.#api, handle)) {
        const container = handle.keep ? await inspectOrNull(this.#api, Id) : null
        if (container && wasStarted(container)) continue
        if (await this.#tryRemove(Id)) continue
        throw new AedileError('infrastructure_failed', { what: `${handle.name} still runs. Stop it before removing it.` })
      }
    })
  }

  async *list(owner: ServerId): AsyncIterable<Handle> {
    this.#closed.sweepSometimes()
    const containers = await this.#answered(() => this.#api.listContainers({ label: [`${SERVER_LABEL}=${owner}`] }))
    const place = { target: this.#facts.id, baseUrl: this.#api.endpoint.baseUrl }
    for (const container of containers) yield toHandle(container, owner, place)
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('The connection was closed.', 'AbortError'))
    this.#events.close()
    this.#api.close()
  }

  async #follow(
    handle: Handle,
    container: Container,
    { sink, signal, after }: { sink: Sink; signal: AbortSignal; after?: LogCursor },
  ): Promise<Outcome> {
    const isQuiet = container.Config.Labels?.[QUIET_LABEL] !== undefined
    const follower = isQuiet ? null : new LogFollower(this.#api, container, { sink, after })
    const wake = this.#events.open(container.Id)
    if (wasStarted(container)) tellStarted(sink, container)
    try {
      const { ending, lastLines } = await observeContainer({
        api: this.#api,
        container,
        follower,
        wake,
        wasEngineAway: (time) => this.#events.wasAwayAt(time),
        sink,
        signal,
      })
      return toOutcome(ending, (await this.#closed.find(handle)) === 'stopped', lastLines)
    } finally {
      wake.close()
    }
  }

  /** The attempt's container. Without one, the attempt is closed, so that none is started from now on. */
  async #findOrClose(handle: Handle): Promise<Container> {
    const found = await findContainer(this.#api, handle)
    if (found) return found
    await this.#closed.close(handle, 'stopped')
    const late = await findContainer(this.#api, handle)
    if (late) return late
    throw this.#notFound(handle)
  }

  /** False when it runs. */
  async #tryRemove(id: string): Promise<boolean> {
    try {
      await this.#api.removeContainer(id)
      return true
    } catch (error) {
      if (isAnswer(error, 404)) return true
      if (!isAnswer(error, 409)) throw error
      const container = await inspectOrNull(this.#api, id)
      // Somebody else removes it at this moment.
      return container === null || isOver(container)
    }
  }

  /** An engine that cannot be asked is to be asked again; what it refused is told as it is. */
  async #answered<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (isUnanswered(error)) throw unreachable(error.message, error)
      if (!(error instanceof EngineError)) throw error
      throw new AedileError('infrastructure_failed', { what: `The Docker engine refused: ${error.message}` }, { cause: error })
    }
  }

  #requireHere({ name, target }: Handle): void {
    const here = this.#facts.id
    if (target !== here) throw new AedileError('infrastructure_not_available', { name, target, here })
  }

  #notFound({ name, target }: Handle): AedileError {
    return new AedileError('infrastructure_not_found', { name, target })
  }
}

function readAnswerSeconds(text: string | undefined): number | undefined {
  const seconds = Number(text)
  return text && seconds > 0 ? seconds : undefined
}

function toConnectFailure(error: unknown, host: string): unknown {
  if (isUnanswered(error)) return unreachable(`${error.message} Start Docker, or name another engine with DOCKER_HOST.`, error)
  if (!(error instanceof EngineError)) return error
  return new AedileError(
    'infrastructure_failed',
    { what: `The Docker engine at ${host} refused: ${error.message}` },
    { cause: error },
  )
}

function unreachable(what: string, cause: unknown): AedileError {
  return new AedileError('infrastructure_unreachable', { what }, { cause })
}

/** The drivers of this package's types. */
export const drivers = [dockerDriver]
