import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import type { JsonObject } from '@aedile/core/json'
import { askEngine, callEngine, type EngineCall, openAgent, toEngineError } from './engine-call.ts'
import { EngineError } from './engine-error.ts'
import type { Endpoint } from './target.ts'

/** The Engine's API, as narrow as we need it. */

/** How a container is, as the Engine tells it. */
export type ContainerState = {
  Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  Running: boolean
  OOMKilled: boolean
  ExitCode: number
  Error: string
  StartedAt: string
  FinishedAt: string
}

/** What we read of a container. */
export type Container = {
  Id: string
  Name: string
  Created: string
  State: ContainerState
  Config: { Labels: Record<string, string> | null; Tty: boolean; StopSignal?: string; Image: string }
  HostConfig: { Memory: number }
}

export type ContainerSummary = { Id: string; Names: string[]; Labels: Record<string, string>; State: string; Created: number }
export type Volume = { Name: string; Labels: Record<string, string> | null; CreatedAt: string }
export type EngineInfo = { ID: string; Name: string; DockerRootDir?: string; SystemTime: string }
export type Filters = Record<string, string[]>

/** How long the Engine may take to answer, in seconds, as docker-py lets it. */
const ANSWER_SECONDS = 60
const FRESH_SECONDS = 5

/** One engine. */
export class EngineApi {
  readonly endpoint: Endpoint
  readonly #agent: HttpAgent | HttpsAgent
  readonly #answerSeconds: number

  private constructor(endpoint: Endpoint, answerSeconds: number) {
    this.endpoint = endpoint
    this.#agent = openAgent(endpoint)
    this.#answerSeconds = answerSeconds
  }

  /** Makes a client. Nothing is asked yet. */
  static async open(endpoint: Endpoint, answerSeconds: number = ANSWER_SECONDS): Promise<EngineApi> {
    return new EngineApi(endpoint, answerSeconds)
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Whether it takes new connections. One that shuts down does not, long before it lets go of the open ones. */
  async isAccepting(): Promise<boolean> {
    const fresh = new EngineApi(this.endpoint, FRESH_SECONDS)
    try {
      await fresh.version()
      return true
    } catch (error) {
      return error instanceof EngineError && error.status !== null
    } finally {
      fresh.close()
    }
  }

  info(): Promise<EngineInfo> {
    return this.#ask({ method: 'GET', path: '/info' })
  }

  version(): Promise<{ Version: string; ApiVersion: string; Os: string; Arch: string }> {
    return this.#ask({ method: 'GET', path: '/version' })
  }

  inspectImage(reference: string): Promise<{ Id: string }> {
    return this.#ask({ method: 'GET', path: `/images/${reference}/json` })
  }

  /** The progress of a pull, as the Engine streams it: JSON documents, one a line. */
  pullImage(query: Record<string, string>, authorization: string | null, signal: AbortSignal): Promise<Readable> {
    const headers: Record<string, string> = authorization === null ? {} : { 'X-Registry-Auth': authorization }
    return this.#stream({ method: 'POST', path: '/images/create', query, headers }, signal)
  }

  /** Tries a login. @throws EngineError when the registry refuses it. */
  login(body: JsonObject): Promise<unknown> {
    return this.#ask({ method: 'POST', path: '/auth', body })
  }

  createContainer(query: Record<string, string>, body: JsonObject): Promise<{ Id: string; Warnings: string[] | null }> {
    return this.#ask({ method: 'POST', path: '/containers/create', query, body })
  }

  connectNetwork(network: string, container: string): Promise<unknown> {
    const path = `/networks/${encodeURIComponent(network)}/connect`
    return this.#ask({ method: 'POST', path, body: { Container: container } })
  }

  startContainer(id: string): Promise<unknown> {
    return this.#ask({ method: 'POST', path: `/containers/${id}/start` })
  }

  inspectContainer(idOrName: string): Promise<Container> {
    return this.#ask({ method: 'GET', path: `/containers/${encodeURIComponent(idOrName)}/json` })
  }

  listContainers(filters: Filters): Promise<ContainerSummary[]> {
    return this.#ask({ method: 'GET', path: '/containers/json', query: { all: '1', filters: JSON.stringify(filters) } })
  }

  killContainer(id: string, signal: string): Promise<unknown> {
    return this.#ask({ method: 'POST', path: `/containers/${id}/kill`, query: { signal } })
  }

  /** Also removes its anonymous volumes. Refused while it runs. */
  removeContainer(id: string): Promise<unknown> {
    return this.#ask({ method: 'DELETE', path: `/containers/${id}`, query: { v: '1' } })
  }

  logs(id: string, query: Record<string, string>, signal: AbortSignal): Promise<Readable> {
    return this.#stream({ method: 'GET', path: `/containers/${id}/logs`, query }, signal)
  }

  /** Memory of a running container in bytes; the peak only where the Engine's kernel tells it. */
  readMemory(id: string): Promise<{ memory_stats?: { max_usage?: number; usage?: number } }> {
    return this.#ask({ method: 'GET', path: `/containers/${id}/stats`, query: { stream: '0', 'one-shot': '1' } })
  }

  /** Events from now on, or those between two times. */
  events(filters: Filters, signal: AbortSignal, between: { since?: string; until?: string } = {}): Promise<Readable> {
    return this.#stream({ method: 'GET', path: '/events', query: { filters: JSON.stringify(filters), ...between } }, signal)
  }

  /** Answers with the volume that is there, when there is one of this name. */
  createVolume(name: string, labels: Record<string, string>): Promise<Volume> {
    return this.#ask({ method: 'POST', path: '/volumes/create', body: { Name: name, Labels: labels } })
  }

  inspectVolume(name: string): Promise<Volume> {
    return this.#ask({ method: 'GET', path: `/volumes/${name}` })
  }

  async listVolumes(filters: Filters): Promise<Volume[]> {
    const query = { filters: JSON.stringify(filters) }
    const { Volumes } = await this.#ask<{ Volumes: Volume[] | null }>({ method: 'GET', path: '/volumes', query })
    return Volumes ?? []
  }

  removeVolume(name: string): Promise<unknown> {
    return this.#ask({ method: 'DELETE', path: `/volumes/${name}` })
  }

  #ask<T>(call: EngineCall): Promise<T> {
    return askEngine(this.endpoint, this.#agent, call, this.#answerSeconds)
  }

  async #stream(call: EngineCall, signal: AbortSignal): Promise<Readable> {
    signal.throwIfAborted()
    try {
      return await callEngine(this.endpoint, this.#agent, call, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw toEngineError(error, this.endpoint)
    }
  }
}
