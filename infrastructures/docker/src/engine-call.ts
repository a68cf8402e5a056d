import type { Agent as HttpAgent, IncomingMessage } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import type { JsonObject } from '@aedile/core/json'
import { EngineError } from './engine-error.ts'
import { SshAgent } from './ssh-agent.ts'
import type { Endpoint } from './target.ts'

/** One request to an engine. */
export type EngineCall = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  query?: Record<string, string> | [string, string][]
  /** JSON, or a stream of whatever the headers say. */
  body?: JsonObject | Readable
  headers?: Record<string, string>
}

/** The connections to one engine: they are kept, and used again. */
export function openAgent({ way }: Endpoint): HttpAgent | HttpsAgent {
  if (way.kind === 'ssh') return new SshAgent(way.destination, way.port)
  const options = { keepAlive: true, maxFreeSockets: 16, timeout: 0 }
  if (way.kind === 'unix' || way.tls === null) return new (http().Agent)(options)
  const { ca, cert, key, verify } = way.tls
  const certificates = Object.fromEntries(Object.entries({ ca, cert, key }).filter(([, pem]) => pem))
  return new (process.getBuiltinModule('node:https').Agent)({ ...options, ...certificates, rejectUnauthorized: verify })
}

/** Sends a request. Resolves with the answer, its body unread, once the engine has agreed. @throws EngineError */
export async function callEngine(
  endpoint: Endpoint,
  agent: HttpAgent | HttpsAgent,
  { method, path, query = {}, body, headers = {} }: EngineCall,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { way } = endpoint
  const { request } = way.kind === 'tcp' && way.tls !== null ? process.getBuiltinModule('node:https') : http()
  const text = new URLSearchParams(query).toString()
  const content = body === undefined || isReadable(body) ? undefined : JSON.stringify(body)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request({
      ...place(endpoint),
      method,
      path: text === '' ? path : `${path}?${text}`,
      headers: { ...headers, ...(content === undefined ? {} : { 'Content-Type': 'application/json' }) },
      agent,
      signal,
    })
    call.on('response', resolve).on('error', reject)
    if (isReadable(body)) body.on('error', (error) => call.destroy(error)).pipe(call)
    else call.end(content)
  })
  const status = answer.statusCode ?? 0
  if ((status >= 200 && status < 300) || status === 304) return answer
  throw new EngineError(status, readMessage(await readText(answer)))
}

/** Sends a request and reads the answer, which is awaited for so long at most. @throws EngineError */
export async function askEngine<T>(
  endpoint: Endpoint,
  agent: HttpAgent | HttpsAgent,
  call: EngineCall,
  seconds: number,
): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${seconds} s`)), seconds * 1000)
  try {
    const text = await readText(await callEngine(endpoint, agent, call, late.signal))
    return (text === '' ? null : JSON.parse(text)) as T
  } catch (error) {
    throw toEngineError(late.signal.aborted ? late.signal.reason : error, endpoint)
  } finally {
    clearTimeout(timer)
  }
}

/** What a call that failed says of its engine. */
export function toEngineError(error: unknown, { host }: Endpoint): EngineError {
  if (error instanceof EngineError) return error
  const why = (error as Error).message || String((error as NodeJS.ErrnoException).code)
  return new EngineError(null, `The Docker engine at ${host} does not answer: ${why}.`, { cause: error })
}

/** Also one of a library that brings its own streams. */
function isReadable(body: JsonObject | Readable | undefined): body is Readable {
  return typeof body?.pipe === 'function'
}

function readText(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    answer.on('end', () => resolve(text)).on('error', reject)
  })
}

function place({ way }: Endpoint): { socketPath: string } | { host: string; port: number } {
  if (way.kind === 'unix') return { socketPath: way.path }
  // Over ssh the agent makes the connection; the address only stands in the Host header.
  return way.kind === 'ssh' ? { host: 'docker', port: 80 } : { host: way.hostname, port: way.port }
}

function readMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message.trim()
  } catch {
    // Somebody between us and the engine answered.
  }
  return text.trim()
}

/** An import of the module would read all its names, and with them load Node's whole `fetch`. */
function http(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}
