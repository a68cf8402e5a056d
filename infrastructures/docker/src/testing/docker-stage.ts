import type { Handle, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { Connection } from '@aedile/worker/infrastructure-driver'
import { newAttemptKey, OUR_SERVER, Recorder } from '@aedile/worker/testing/stage'
import type { EngineApi } from '../api.ts'
import { dockerDefinition } from '../definition.ts'
import { dockerDriver } from '../driver.ts'
import type { DockerRequest } from '../request.ts'
import { openTestEngine, TEST_IMAGE } from './engine.ts'
import { OutsideEngine } from './outside.ts'

/** One attempt that a test is going to start. */
export type DockerAttempt = { handle: Handle; request: DockerRequest }

/** A connection to an engine, a client that looks at it from outside, and what tests of containers do with both. */
export class DockerStage {
  readonly api: EngineApi
  readonly outside: OutsideEngine
  readonly connection: Connection<DockerRequest>
  readonly #facts: TargetFacts
  readonly #attempts: DockerAttempt[] = []

  private constructor(api: EngineApi, connection: Connection<DockerRequest>, facts: TargetFacts) {
    this.api = api
    this.outside = new OutsideEngine(api.endpoint.host)
    this.connection = connection
    this.#facts = facts
  }

  /** With an environment, the engine is reached as that says. */
  static async open(host?: string, environment?: NodeJS.ProcessEnv): Promise<DockerStage> {
    const api = await openTestEngine(host, environment)
    const connection = await dockerDriver.connect({ host: api.endpoint.host }, {})
    return new DockerStage(api, connection, await connection.facts())
  }

  /** An attempt with these fields of a job: a container like any other, unlike those of the conformance suite. */
  attempt(fields: JsonObject): DockerAttempt {
    const context = { key: newAttemptKey(), server: OUR_SERVER, flowRunId: null }
    const base = { name: null, command: null, env: { PATH: '/bin' }, labels: {}, image: TEST_IMAGE, auto_remove: true }
    const job = dockerDefinition.prepare({ ...base, ...fields }, { command: true })
    const request = dockerDefinition.request(job, this.#facts, context)
    const attempt = { request, handle: dockerDefinition.handle(request, this.#facts, context) }
    this.#attempts.push(attempt)
    return attempt
  }

  start({ request, handle }: DockerAttempt, sink: Recorder = new Recorder()): Promise<Handle> {
    return this.connection.start(request, handle, { sink, signal: AbortSignal.timeout(60_000) })
  }

  observe(handle: Handle, sink: Recorder = new Recorder(), after?: string) {
    const io = { sink, signal: AbortSignal.timeout(60_000) }
    return this.connection.observe(handle, after === undefined ? io : { ...io, after })
  }

  /** Starts an attempt and follows it to its end. */
  async run(fields: JsonObject) {
    const attempt = this.attempt(fields)
    const recorder = new Recorder()
    const handle = await this.start(attempt, recorder)
    return { attempt, handle, recorder, outcome: await this.observe(handle, recorder) }
  }

  /** The names of all containers of this stage's server. */
  async names(): Promise<string[]> {
    const names: string[] = []
    for await (const handle of this.connection.list(OUR_SERVER)) names.push(handle.name)
    return names
  }

  /** Ends and removes what its attempts made. */
  async close(): Promise<void> {
    for (const { handle } of this.#attempts) {
      await this.connection.stop(handle, 0).catch(() => {})
      await this.connection.remove({ ...handle, keep: false }).catch(() => {})
    }
    for (const { Name } of await this.api.listVolumes({ label: ['io.aedile.closed'] })) await this.api.removeVolume(Name)
    await this.connection.close()
    this.api.close()
  }
}
