import type { Readable } from 'node:stream'
import type { JsonObject } from '@aedile/core/json'
import type Dockerode from 'dockerode'
import { openAgent, toOptions } from '../api.ts'
import { EngineError } from '../engine-error.ts'
import { findEndpoint } from '../target.ts'

/** What we need of an engine to make and push images. The only file here that uses dockerode. */
export type ImageEngine = {
  /** Its address, for messages. */
  readonly host: string
  /** The progress of a build, as the engine streams it. */
  build(context: Readable, options: JsonObject, registries: JsonObject, signal: AbortSignal): Promise<Readable>
  inspect(image: string): Promise<{ id: string; workingDirectory: string }>
  tag(image: string, name: string, tag: string): Promise<void>
  /** Takes a name of an image away, and with the last one the image. */
  remove(image: string): Promise<void>
  push(name: string, tag: string, authorization: string, signal: AbortSignal): Promise<Readable>
  /** Tries a login. @throws EngineError when the registry refuses it. */
  login(document: JsonObject): Promise<void>
  close(): void
}

const ANSWER_SECONDS = 60

/** Opens the engine that Docker's own tools would use. Nothing is asked yet. */
export async function openImageEngine(environment: NodeJS.ProcessEnv): Promise<ImageEngine> {
  const endpoint = findEndpoint({}, environment)
  const { default: Docker } = await import('dockerode')
  const agent = openAgent(endpoint)
  const options: Dockerode.DockerOptions & { agent: typeof agent } = { ...toOptions(endpoint), agent }
  const docker = new Docker(options as Dockerode.DockerOptions)
  const ask = async <T>(work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_SECONDS} s`)), ANSWER_SECONDS * 1000)
    })
    return await Promise.race([work, late])
      .catch((error: unknown) => Promise.reject(toError(error, endpoint.host)))
      .finally(() => clearTimeout(timer))
  }
  const stream = async (work: Promise<NodeJS.ReadableStream>, signal: AbortSignal): Promise<Readable> => {
    try {
      return (await work) as Readable
    } catch (error) {
      throw signal.aborted ? signal.reason : toError(error, endpoint.host)
    }
  }
  return {
    host: endpoint.host,
    build: (context, query, registries, signal) => {
      // Its types know fewer options than the engine; it makes JSON of those that are no text.
      const all = { ...query, registryconfig: registries, abortSignal: signal } as Dockerode.ImageBuildOptions
      return stream(docker.buildImage(context, all), signal)
    },
    inspect: async (image) => {
      const { Id, Config } = await ask(docker.getImage(image).inspect())
      return { id: Id, workingDirectory: Config.WorkingDir ?? '' }
    },
    tag: async (image, repo, tag) => void (await ask(docker.getImage(image).tag({ repo, tag }))),
    remove: async (image) => void (await ask(docker.getImage(image).remove())),
    push: (name, tag, authorization, signal) => {
      const authconfig = { key: authorization } as unknown as Dockerode.AuthConfig
      return stream(docker.getImage(name).push({ tag, authconfig, abortSignal: signal }), signal)
    },
    login: async (document) => void (await ask(docker.checkAuth(document))),
    close: () => agent.destroy(),
  }
}

function toError(error: unknown, host: string): EngineError {
  const { statusCode, json, message } = error as { statusCode?: number; json?: { message?: unknown }; message: string }
  if (statusCode === undefined) {
    return new EngineError(null, `The Docker engine at ${host} does not answer: ${message}.`, { cause: error })
  }
  const said = typeof json?.message === 'string' ? json.message : message
  return new EngineError(statusCode, said.trim(), { cause: error })
}
