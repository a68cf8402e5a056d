import type { Readable } from 'node:stream'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { askEngine, callEngine, type EngineCall, openAgent, toEngineError } from '../engine-call.ts'
import { findEndpoint } from '../target.ts'

/** What we need of an engine to make and push images. */
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
  const agent = openAgent(endpoint)
  const stream = async (call: EngineCall, signal: AbortSignal): Promise<Readable> => {
    try {
      return await callEngine(endpoint, agent, call, signal)
    } catch (error) {
      throw signal.aborted ? signal.reason : toEngineError(error, endpoint)
    }
  }
  const ask = (call: EngineCall): Promise<JsonObject | null> => askEngine(endpoint, agent, call, ANSWER_SECONDS)
  return {
    host: endpoint.host,
    build: (context, options, registries, signal) => {
      const headers = { 'Content-Type': 'application/tar', 'X-Registry-Config': toBase64(registries) }
      return stream({ method: 'POST', path: '/build', query: toQuery(options), body: context, headers }, signal)
    },
    inspect: async (image) => {
      const { Id, Config } = (await ask({ method: 'GET', path: `/images/${image}/json` })) as ImageDocument
      return { id: Id, workingDirectory: Config?.WorkingDir ?? '' }
    },
    tag: async (image, repo, tag) => void (await ask({ method: 'POST', path: `/images/${image}/tag`, query: { repo, tag } })),
    remove: async (image) => void (await ask({ method: 'DELETE', path: `/images/${image}` })),
    push: (name, tag, authorization, signal) => {
      const headers = { 'X-Registry-Auth': authorization }
      return stream({ method: 'POST', path: `/images/${name}/push`, query: { tag }, headers }, signal)
    },
    login: async (body) => void (await ask({ method: 'POST', path: '/auth', body })),
    close: () => agent.destroy(),
  }
}

type ImageDocument = { Id: string; Config?: { WorkingDir?: string } }

/** The engine wants JSON for what is no text, and most lists as their entries. */
function toQuery(options: JsonObject): [string, string][] {
  const toText = (value: JsonValue) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value))
  return Object.entries(options).flatMap(([name, value]) =>
    Array.isArray(value) && name !== 'cachefrom'
      ? value.map((one): [string, string] => [name, toText(one)])
      : [[name, toText(value)]],
  )
}

function toBase64(document: JsonObject): string {
  return Buffer.from(JSON.stringify(document)).toString('base64')
}
