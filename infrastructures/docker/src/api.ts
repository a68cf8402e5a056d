import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type { JsonObject } from '@aedile/core/json'
import type Dockerode from 'dockerode'
import { EngineError } from './engine-error.ts'
import { SshAgent } from './ssh-agent.ts'
import type { Endpoint } from './target.ts'

/** The Engine's API, as narrow as we need it. The only file that uses dockerode, which is loaded with the first engine. */

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

type Call = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  query?: Record<string, string>
  body?: JsonObject
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

/** How long the Engine may take to answer, in seconds, as docker-py lets it. */
const ANSWER_SECONDS = 60
const FRESH_SECONDS = 5

/** One engine. */
export class EngineApi {
  readonly endpoint: Endpoint
  readonly #modem: Dockerode['modem']
  readonly #agent: HttpAgent | HttpsAgent
  readonly #answerMilliseconds: number

  private constructor(endpoint: Endpoint, modem: Dockerode['modem'], agent: HttpAgent | HttpsAgent, answerSeconds: number) {
    this.endpoint = endpoint
    this.#modem = modem
    this.#agent = agent
    this.#answerMilliseconds = answerSeconds * 1000
  }

  /** Loads the library and makes a client. Nothing is asked yet. */
  static async open(endpoint: Endpoint, answerSeconds: number = ANSWER_SECONDS): Promise<EngineApi> {
    const { default: Docker } = await import('dockerode')
    const agent = hideFromInspection(openAgent(endpoint))
    // Its types do not know that it hands the agent on.
    const options: Dockerode.DockerOptions & { agent: HttpAgent } = { ...toOptions(endpoint), agent }
    return new EngineApi(endpoint, new Docker(options).modem, agent, answerSeconds)
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Whether it takes new connections. One that shuts down does not, long before it lets go of the open ones. */
  async isAccepting(): Promise<boolean> {
    const fresh = await EngineApi.open(this.endpoint, FRESH_SECONDS)
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
    return this.#stream({ method: 'POST', path: '/images/create', query, headers, signal })
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
    return this.#stream({ method: 'GET', path: `/containers/${id}/logs`, query, signal })
  }

  /** Memory of a running container in bytes; the peak only where the Engine's kernel tells it. */
  readMemory(id: string): Promise<{ memory_stats?: { max_usage?: number; usage?: number } }> {
    return this.#ask({ method: 'GET', path: `/containers/${id}/stats`, query: { stream: '0', 'one-shot': '1' } })
  }

  /** Events from now on, or those between two times. */
  events(filters: Filters, signal: AbortSignal, between: { since?: string; until?: string } = {}): Promise<Readable> {
    return this.#stream({ method: 'GET', path: '/events', query: { filters: JSON.stringify(filters), ...between }, signal })
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

  async #ask<T>(call: Call): Promise<T> {
    const deadline = AbortSignal.timeout(this.#answerMilliseconds)
    const signal = call.signal ? AbortSignal.any([call.signal, deadline]) : deadline
    return (await this.#dial({ ...call, signal }, false)) as T
  }

  async #stream(call: Call): Promise<Readable> {
    return (await this.#dial(call, true)) as Readable
  }

  #dial({ method, path, query = {}, body, headers = {}, signal }: Call, isStream: boolean): Promise<unknown> {
    signal?.throwIfAborted()
    const options = {
      path: `${path}?`,
      method,
      // The library takes the query or the body from here, as the method wants it.
      options: { _query: query, _body: body ?? {} },
      headers,
      isStream,
      abortSignal: signal,
      statusCodes: { 200: true, 201: true, 204: true, 304: true },
    }
    return new Promise((resolve, reject) => {
      this.#modem.dial(options as never, (error: unknown, answer: unknown) => {
        if (error) reject(this.#toError(error, signal))
        else resolve(answer)
      })
    })
  }

  #toError(error: unknown, signal: AbortSignal | undefined): unknown {
    const { statusCode, json, message } = error as { statusCode?: number; json?: unknown; message: string }
    if (statusCode !== undefined) return new EngineError(statusCode, readMessage(json, message), { cause: error })
    const isOurs = signal?.aborted === true && (signal.reason as Error | undefined)?.name !== 'TimeoutError'
    if (isOurs) return signal.reason
    const why = signal?.aborted ? `no answer within ${this.#answerMilliseconds / 1000} s` : message
    return new EngineError(null, `The Docker engine at ${this.endpoint.host} does not answer: ${why}.`, { cause: error })
  }
}

function readMessage(json: unknown, otherwise: string): string {
  const { message } = (json ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message.trim() : otherwise.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim()
}

export function openAgent({ way }: Endpoint): HttpAgent | HttpsAgent {
  if (way.kind === 'ssh') return new SshAgent(way.destination, way.port)
  const options = { keepAlive: true, maxFreeSockets: 16, timeout: 0 }
  if (way.kind === 'unix' || way.tls === null) return new HttpAgent(options)
  return new HttpsAgent({ ...options, rejectUnauthorized: way.tls.verify })
}

/** The library makes a text of all that goes into a request, for a log that nobody reads; an agent holds every socket. */
function hideFromInspection<T extends object>(agent: T): T {
  return Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' })
}

export function toOptions({ way }: Endpoint): Dockerode.DockerOptions {
  if (way.kind === 'unix') return { socketPath: way.path }
  // Over ssh the agent makes the connection; the address only stands in the Host header.
  if (way.kind === 'ssh') return { host: 'docker', port: 80, protocol: 'http' }
  const { hostname: host, port, tls } = way
  if (tls === null) return { host, port, protocol: 'http' }
  const certificates = Object.fromEntries(Object.entries({ ca: tls.ca, cert: tls.cert, key: tls.key }).filter(([, pem]) => pem))
  return { host, port, protocol: 'https', ...certificates }
}
