import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ATTEMPT_HEADER as SHARED_HEADER } from '../attempts/messages.ts'
import { isAedileError } from '../errors.ts'
import { ATTEMPT_HEADER } from './attempt-header.ts'
import { type ClientOptions, createClient } from './client.ts'
import { setFlowRunState } from './flow-runs.ts'
import { sendLogs } from './logs.ts'

type Seen = { method: string; path: string; headers: IncomingMessage['headers']; body: string }
type Answer = (request: Seen, response: ServerResponse, nth: number) => void

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A real server that answers as told and remembers what it was sent; without CSRF protection unless told. */
async function startServer(answer: Answer, options: Partial<ClientOptions> = {}, csrf?: Answer) {
  const seen: Seen[] = []
  let tokens = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const one = { method: request.method!, path: request.url!, headers: request.headers, body }
      if (request.url?.startsWith('/api/csrf-token')) {
        tokens++
        return csrf ? csrf(one, response, tokens) : json(response, 422, { detail: 'CSRF protection is disabled.' })
      }
      seen.push(one)
      answer(one, response, seen.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  })
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  return { seen, tokensAsked: () => tokens, client: createClient({ apiUrl, timeoutSeconds: 5, ...options }) }
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

const drop = (response: ServerResponse) => response.socket?.destroy()
const NOW = { 'retry-after': '0' }

describe('retries', () => {
  test.each([408, 429, 502, 503, 504])('a read is repeated after %i', async (status) => {
    const { client, seen } = await startServer((_, response, nth) =>
      nth < 3 ? json(response, status, {}, NOW) : json(response, 200, { ok: true }),
    )
    expect(await client.request('GET', '/thing')).toEqual({ ok: true })
    expect(seen).toHaveLength(3)
  })

  test('a read is repeated after a dropped connection', async () => {
    const { client, seen } = await startServer((_, response, nth) => (nth < 2 ? drop(response) : json(response, 200, 1)))
    expect(await client.request('GET', '/thing')).toBe(1)
    expect(seen).toHaveLength(2)
  })

  test('a plain POST is not repeated after a dropped connection, for it may have been done', async () => {
    const { client, seen } = await startServer((_, response) => drop(response))
    await expect(client.request('POST', '/thing', { body: {} })).rejects.toMatchObject({ code: 'api_unreachable' })
    expect(seen).toHaveLength(1)
  })

  test('a plain POST is repeated after 503, which says that nothing was done', async () => {
    const { client, seen } = await startServer((_, response, nth) =>
      nth < 2 ? json(response, 503, {}, NOW) : json(response, 201, {}),
    )
    await client.request('POST', '/thing', { body: {} })
    expect(seen).toHaveLength(2)
  })

  test('log lines whose answer was lost are not sent twice', async () => {
    const { client, seen } = await startServer((_, response) => drop(response))
    const line = { name: 'a', level: 20, message: 'm', timestamp: '2026-01-01T00:00:00Z' }
    await expect(sendLogs(client, [line])).rejects.toMatchObject({ code: 'api_unreachable' })
    expect(seen).toHaveLength(1)
  })

  test('500 is not repeated', async () => {
    const { client, seen } = await startServer((_, response) =>
      json(response, 500, { exception_message: 'Internal Server Error' }),
    )
    await expect(client.request('GET', '/thing')).rejects.toMatchObject({ code: 'api_error', details: { status: 500 } })
    expect(seen).toHaveLength(1)
  })

  test('an endless storm ends after the number of retries that was given', async () => {
    const { client, seen } = await startServer((_, response) => json(response, 503, {}, NOW), { maxRetries: 2 })
    await expect(client.request('GET', '/thing')).rejects.toMatchObject({ code: 'api_busy', details: { status: 503 } })
    expect(seen).toHaveLength(3)
  })

  test('a Retry-After beyond the deadline is not waited for', async () => {
    const { client, seen } = await startServer((_, response) => json(response, 429, {}, { 'retry-after': '3600' }))
    await expect(client.request('GET', '/thing')).rejects.toMatchObject({ code: 'api_busy', details: { retryAfter: '3600' } })
    expect(seen).toHaveLength(1)
  })

  test('nobody listening is told with the address, and a POST is tried again since nothing was sent', async () => {
    const port = await freePort()
    let tries = 0
    const client = createClient({
      apiUrl: `http://127.0.0.1:${port}/api`,
      csrf: false,
      maxRetries: 1,
      fetch: (...given) => {
        tries++
        return fetch(...given)
      },
    })
    const failure = await client.request('POST', '/thing', { body: {} }).catch((error: unknown) => error)
    if (!isAedileError(failure, 'api_unreachable')) throw failure
    expect(failure.message).toContain(`127.0.0.1:${port}`)
    expect(tries).toBe(2)
  })
})

describe('deadlines', () => {
  test('a server that never answers is given up', async () => {
    const { client } = await startServer(() => {}, { timeoutSeconds: 0.05, maxRetries: 0 })
    await expect(client.request('GET', '/thing')).rejects.toMatchObject({ code: 'api_timeout' })
  })

  test('an abort ends a call that waits for its answer, with the reason given', async () => {
    const stop = new AbortController()
    const { client } = await startServer(() => stop.abort(new Error('enough')))
    await expect(client.request('GET', '/thing', { signal: stop.signal })).rejects.toThrow('enough')
  })

  test('an abort ends a call that waits for its next try', async () => {
    const stop = new AbortController()
    const { client } = await startServer(
      (_, response) => {
        json(response, 503, {}, { 'retry-after': '20' })
        response.on('close', () => stop.abort(new Error('enough')))
      },
      { maxRetries: 9 },
    )
    await expect(client.request('GET', '/thing', { signal: stop.signal })).rejects.toThrow('enough')
  })
})

describe('a repeated proposal', () => {
  test('has the same transition id, and is an acceptance when the first answer was lost', async () => {
    const { client, seen } = await startServer((request, response, nth) => {
      if (nth === 1) return drop(response)
      const { state } = JSON.parse(request.body)
      const details = { type: 'reject_details', reason: 'This run has already made this state transition.' }
      json(response, 200, { status: 'REJECT', state: { ...state, id: 's' }, details })
    })
    const result = await setFlowRunState(client, 'r', { type: 'PENDING' }, { attempt: 'K' })
    expect(result).toMatchObject({ status: 'ACCEPT', details: { type: 'accept_details' }, state: { id: 's' } })
    expect(seen[0]!.body).toBe(seen[1]!.body)
    expect(seen[0]!.headers[ATTEMPT_HEADER]).toBe('K')
    expect(ATTEMPT_HEADER).toBe(SHARED_HEADER)
  })

  test('of somebody else stays a rejection', async () => {
    const { client } = await startServer((_, response) =>
      json(response, 200, { status: 'REJECT', state: { state_details: { transition_id: 'other' } }, details: {} }),
    )
    expect((await setFlowRunState(client, 'r', { type: 'PENDING' })).status).toBe('REJECT')
  })
})

describe('headers', () => {
  test('say who we are in the pattern of a genuine client', async () => {
    const { client, seen } = await startServer((_, response) => json(response, 200, 1))
    await client.request('GET', '/thing')
    expect(seen[0]!.headers['user-agent']).toMatch(/^prefect\/(\d+\.\d+\.\d+(?:[a-z.+0-9]+)?) \(API \S+\)$/)
    expect(seen[0]!.headers['x-prefect-api-version']).toBe('0.8.4')
  })

  test('carry the key before the auth string, and custom ones except those that are ours', async () => {
    const customHeaders = { 'X-Mine': '1', 'User-Agent': 'evil' }
    const both = await startServer((_, response) => json(response, 200, 1), { apiKey: 'k', authString: 'a:ü', customHeaders })
    await both.client.request('GET', '/thing')
    expect(both.seen[0]!.headers).toMatchObject({ authorization: 'Bearer k', 'x-mine': '1' })
    expect(both.seen[0]!.headers['user-agent']).toMatch(/^prefect/)
    const basic = await startServer((_, response) => json(response, 200, 1), { authString: 'a:ü' })
    await basic.client.request('GET', '/thing')
    expect(basic.seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('a:ü').toString('base64')}`)
  })
})

describe('CSRF', () => {
  const issue: Answer = (_, response, nth) => json(response, 200, { token: `t${nth}`, client: 'c' })

  test('a server without protection is asked once', async () => {
    const { client, tokensAsked } = await startServer((_, response) => json(response, 200, 1))
    await client.request('POST', '/a')
    await client.request('POST', '/b')
    expect(tokensAsked()).toBe(1)
  })

  test('requests that start together share one token', async () => {
    const { client, seen, tokensAsked } = await startServer((_, response) => json(response, 200, 1), {}, issue)
    await Promise.all([client.request('POST', '/a'), client.request('DELETE', '/b'), client.request('GET', '/c')])
    expect(tokensAsked()).toBe(1)
    expect(seen.map((one) => one.headers['prefect-csrf-token']).sort()).toEqual(['t1', 't1', undefined])
  })

  test('a token that the server refuses is renewed and the request sent again', async () => {
    const { client, seen } = await startServer(
      (request, response) =>
        request.headers['prefect-csrf-token'] === 't2'
          ? json(response, 201, 'done')
          : json(response, 403, { detail: 'Invalid CSRF token or client identifier.' }),
      {},
      issue,
    )
    expect(await client.request('POST', '/a')).toBe('done')
    expect(seen).toHaveLength(2)
  })
})

describe('errors', () => {
  test.each([
    [401, 'api_unauthorized', { exception_message: 'Unauthorized' }, 'Unauthorized'],
    [403, 'api_forbidden', { detail: 'no' }, 'no'],
    [404, 'api_not_found', { detail: 'Flow not found' }, 'Flow not found'],
    [409, 'api_conflict', { detail: 'taken' }, 'taken'],
    [423, 'api_busy', { detail: 'Locked' }, 'Locked'],
    [
      422,
      'api_invalid',
      { exception_message: 'Invalid request received.', exception_detail: [{ loc: ['body', 'name'], msg: 'too short' }] },
      'body.name: too short',
    ],
  ])('%i is %s with the words of the server and its request id', async (status, code, body, words) => {
    const { client } = await startServer((_, response) => json(response, status, body, { 'x-request-id': 'r1' }))
    const failure = await client.request('GET', '/thing').catch((error: unknown) => error)
    if (!isAedileError(failure)) throw failure
    expect(failure).toMatchObject({ code, details: { status, requestId: 'r1' } })
    expect(failure.message).toContain(words)
  })

  test('an answer that is no JSON is told as such', async () => {
    const { client } = await startServer((_, response) => response.writeHead(200).end('<html>'))
    await expect(client.request('GET', '/thing')).rejects.toMatchObject({ code: 'api_answer_unreadable' })
  })
})

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
