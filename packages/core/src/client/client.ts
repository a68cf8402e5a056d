import { AedileError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { mayLoseNumberText, parseJsonKeepingNumbers } from '../python-text.ts'
import { errorFromAnswer, type RequestFacts } from './answer.ts'
import { type CsrfHeaders, CsrfTokens } from './csrf.ts'
import type { Decoder } from './decode.ts'
import type { Answer, Fetch } from './fetch.ts'
import { API_VERSION, USER_AGENT } from './identity.ts'
import { pause } from './pause.ts'
import { defaultPolicy, isRepeatable, parseRetryAfter, type RetryPolicy, retryDelaySeconds, type TryFailure } from './retry.ts'

/** What a client needs to know. Only `apiUrl` has no default. */
export type ClientOptions = {
  /** The API's root; ends in `/api` as Prefect's `PREFECT_API_URL` does. */
  apiUrl: string
  apiKey?: string | null
  /** `user:password`, sent as basic authentication. An API key goes before it. */
  authString?: string | null
  customHeaders?: Record<string, string>
  /** Longest wait for one try. Default 60. */
  timeoutSeconds?: number
  /** How often a request is sent again at most, where that is safe. Default 5. */
  maxRetries?: number
  /** Ask for CSRF tokens. Default true; a server without protection is asked once. */
  csrf?: boolean
  userAgent?: string
  /** Sends requests. The default is the platform's. */
  fetch?: Fetch
  /** Opens the sockets of streams. The default sends custom headers where the platform can (Node; browsers cannot). */
  openSocket?: (url: string, protocol: string, headers: Record<string, string>) => WebSocket
  /** Ends everything that this client has under way. */
  signal?: AbortSignal
}

/** What one call may say about itself. */
export type CallOptions = {
  signal?: AbortSignal
  headers?: Record<string, string>
  /** Longest wait for one try of this call. */
  timeoutSeconds?: number
  /** How often this call is sent again at most. */
  maxRetries?: number
  /** Top-level fields of the answer whose numbers keep the text that they were written with, as SourceNumbers. */
  exactNumbers?: readonly string[]
}

export type RequestOptions<T> = CallOptions & {
  body?: unknown
  query?: Record<string, string | number | boolean | null | undefined>
  /** Turns the answer into a value; without it the answer is returned as it came. */
  schema?: Decoder<T>
  retry?: RetryPolicy
}

/** A client of one API. The calls per resource, in the files beside this one, take it as their first argument. */
export type ApiClient = {
  readonly apiUrl: string
  readonly options: Readonly<ClientOptions>
  request<T = unknown>(method: string, path: string, options?: RequestOptions<T>): Promise<T>
}

const DEFAULT_TIMEOUT_SECONDS = 60
const DEFAULT_MAX_RETRIES = 5

/**
 * Makes a client. Nothing is sent before the first call. Works in a browser and in Node.
 *
 * Each try has a deadline, and so has the call as a whole: one timeout for every try. A server that asks by
 * `Retry-After` for more patience than is left gets its answer handed on as the error.
 */
export function createClient(options: ClientOptions): ApiClient {
  const apiUrl = options.apiUrl.replace(/\/+$/, '')
  const send = options.fetch ?? globalThis.fetch
  const baseHeaders = buildHeaders(options)
  const csrf = options.csrf === false ? null : new CsrfTokens(fetchCsrfToken)

  async function fetchCsrfToken(client: string) {
    try {
      const answer = await request<{ token: string }>('GET', '/csrf-token', { query: { client } })
      return { token: answer.token }
    } catch (error) {
      if (error instanceof AedileError && (error.code === 'api_not_found' || error.code === 'api_invalid')) {
        return { disabled: true as const }
      }
      throw error
    }
  }

  async function request<T>(method: string, path: string, call: RequestOptions<T> = {}): Promise<T> {
    const facts: RequestFacts = { method, url: apiUrl + path }
    const timeoutSeconds = call.timeoutSeconds ?? options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS
    const maxRetries = call.maxRetries ?? options.maxRetries ?? DEFAULT_MAX_RETRIES
    const policy = call.retry ?? defaultPolicy(method)
    const deadline = performance.now() + timeoutSeconds * 1000 * (maxRetries + 1)
    const stop = anySignal(call.signal, options.signal)
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    let tokenRefreshed = false

    for (let failedTries = 0; ; ) {
      stop?.throwIfAborted()
      const token: CsrfHeaders = csrf && method !== 'GET' ? await csrf.headers() : {}
      const headers = { ...baseHeaders, ...call.headers, ...token, ...(body === undefined ? {} : JSON_BODY) }
      const tried = await tryOnce(send, facts, call.query, { method, headers, body }, timeoutSeconds, stop)
      if ('response' in tried && tried.response.ok) return decode(facts, tried.text, call)

      const error = 'response' in tried ? errorFromAnswer(facts, tried.response, tried.text) : tried.error
      if (error.code === 'api_forbidden' && !tokenRefreshed && String(error.details.detail).includes('Invalid CSRF token')) {
        // The server has done nothing yet: a fresh token and the same request, whatever its policy.
        tokenRefreshed = true
        csrf?.forget(token['prefect-csrf-token'])
        continue
      }
      failedTries++
      const failure: TryFailure = 'response' in tried ? { status: tried.response.status } : { connection: tried.connection }
      const retryAfter = 'response' in tried ? parseRetryAfter(tried.response.headers.get('retry-after'), Date.now()) : null
      const delay = retryDelaySeconds(failedTries, retryAfter, Math.random)
      const exhausted = failedTries > maxRetries || performance.now() + delay * 1000 > deadline
      if (exhausted || !isRepeatable(policy, failure)) throw error
      await pause(delay, stop)
    }
  }

  return { apiUrl, options, request }
}

const JSON_BODY = { 'content-type': 'application/json' }

function buildHeaders(options: ClientOptions): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'x-prefect-api-version': API_VERSION }
  if (options.apiKey) headers.authorization = `Bearer ${options.apiKey}`
  else if (options.authString) headers.authorization = `Basic ${encodeBase64(options.authString)}`
  for (const [name, value] of Object.entries(options.customHeaders ?? {})) {
    const lower = name.toLowerCase()
    if (!OURS.includes(lower)) headers[lower] = value
  }
  headers['user-agent'] = options.userAgent ?? USER_AGENT
  return headers
}
/** Custom headers may not replace these, as in a genuine client. */
const OURS = ['user-agent', 'prefect-csrf-token', 'prefect-csrf-client']

function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

type Tried = { response: Answer; text: string } | { connection: 'unsent' | 'lost' | 'timeout'; error: AedileError }

async function tryOnce(
  send: Fetch,
  facts: RequestFacts,
  query: RequestOptions<unknown>['query'],
  init: { method: string; headers: Record<string, string>; body: string | undefined },
  timeoutSeconds: number,
  stop: AbortSignal | undefined,
): Promise<Tried> {
  const timeout = new AbortController()
  // Cleared at the end: one of `AbortSignal.timeout` would stay for all of its time, and with it what it reaches.
  const timer = setTimeout(() => timeout.abort(), timeoutSeconds * 1000)
  const signal = stop ? AbortSignal.any([stop, timeout.signal]) : timeout.signal
  try {
    const response = await send(facts.url + queryText(query), { ...init, signal })
    return { response, text: await response.text() }
  } catch (error) {
    stop?.throwIfAborted()
    if (timeout.signal.aborted) {
      const late = new AedileError('api_timeout', { ...facts, seconds: timeoutSeconds }, { cause: error })
      return { connection: 'timeout', error: late }
    }
    const { code, reason } = connectionFault(error)
    const unreachable = new AedileError('api_unreachable', { ...facts, reason }, { cause: error })
    return { connection: NEVER_CONNECTED.includes(code) ? 'unsent' : 'lost', error: unreachable }
  } finally {
    clearTimeout(timer)
  }
}

/** Codes of Node for connections that were never made. A browser tells no code: then the request may have been sent. */
const NEVER_CONNECTED = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_CONNECT_TIMEOUT',
]

function connectionFault(error: unknown): { code: string; reason: string } {
  let fault: unknown = error
  while (fault instanceof Error && fault.cause instanceof Error) fault = fault.cause
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : ''
  const reason = fault instanceof Error ? fault.message || code || fault.name : String(fault)
  return { code, reason }
}

function queryText(query: RequestOptions<unknown>['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`
}

function decode<T>(facts: RequestFacts, text: string, { schema, exactNumbers }: RequestOptions<T>): T {
  try {
    const value: unknown = text === '' ? null : JSON.parse(text)
    if (exactNumbers && isJsonObject(value)) setExactNumbers(value, text, exactNumbers)
    return schema ? schema.parse(value) : (value as T)
  } catch (error) {
    const detail = error instanceof SyntaxError ? `no JSON: ${text.slice(0, 200)}` : (error as Error).message
    throw new AedileError('api_answer_unreadable', { ...facts, detail }, { cause: error })
  }
}

function setExactNumbers(answer: JsonObject, text: string, fields: readonly string[]): void {
  if (!mayLoseNumberText(text)) return
  const exact = parseJsonKeepingNumbers(text) as JsonObject
  for (const field of fields) if (Object.hasOwn(answer, field)) answer[field] = exact[field]!
}

function anySignal(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other)
}
