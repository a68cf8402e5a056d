import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient } from './client.ts'
import type { FetchInit } from './fetch.ts'
import { createNodeFetch } from './node-fetch.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function post(init: Partial<FetchInit> = {}): FetchInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: 'grüße',
    signal: new AbortController().signal,
    ...init,
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  return text
}

/** Says what it was sent. */
const echo: RequestListener = async (request, response) => {
  const { method, url, headers } = request
  const { authorization, 'content-type': type, 'content-length': length } = headers
  response.setHeader('x-request-id', 'one')
  response.end(JSON.stringify({ method, url, body: await readBody(request), authorization, type, length }))
}

describe("a fetch of Node's own client", () => {
  it('sends what it is given and hands on the whole answer', async () => {
    const answer = await createNodeFetch()(`${await listen(echo)}/path?query=1`, post())
    expect({ ok: answer.ok, status: answer.status, statusText: answer.statusText }).toEqual({
      ok: true,
      status: 200,
      statusText: 'OK',
    })
    expect([answer.headers.get('X-Request-Id'), answer.headers.get('other')]).toEqual(['one', null])
    expect(JSON.parse(await answer.text())).toEqual({
      method: 'POST',
      url: '/path?query=1',
      body: 'grüße',
      type: 'text/plain',
      length: '7',
    })
  })

  it('uses a connection again', async () => {
    const sockets = new Set<unknown>()
    const url = await listen((request, response) => {
      sockets.add(request.socket)
      response.end()
    })
    const fetch = createNodeFetch()
    for (let sent = 0; sent < 3; sent++) await fetch(url, post({ method: 'GET', body: undefined }))
    expect(sockets.size).toBe(1)
  })

  it.each([
    [307, { method: 'POST', url: '/there', body: 'grüße', type: 'text/plain' }],
    [303, { method: 'GET', url: '/there', body: '' }],
    [302, { method: 'GET', url: '/there', body: '' }],
  ])('follows a redirect with %i as the standard has it', async (status, expected) => {
    const url = await listen((request, response) =>
      request.url === '/here' ? response.writeHead(status, { location: '/there' }).end() : echo(request, response),
    )
    const answer = await createNodeFetch()(`${url}/here`, post())
    expect(JSON.parse(await answer.text())).toMatchObject(expected)
  })

  it('takes no credentials along to another place', async () => {
    const elsewhere = await listen(echo)
    const url = await listen((_, response) => response.writeHead(307, { location: `${elsewhere}/there` }).end())
    const headers = { authorization: 'Bearer key', 'content-type': 'text/plain' }
    const answer = await createNodeFetch()(url, post({ headers }))
    expect(JSON.parse(await answer.text())).toEqual({
      method: 'POST',
      url: '/there',
      body: 'grüße',
      type: 'text/plain',
      length: '7',
    })
  })

  it('ends a circle of redirects', async () => {
    const url = await listen((_, response) => response.writeHead(307, { location: '/' }).end())
    await expect(createNodeFetch()(url, post())).rejects.toThrow('more than 5 redirects')
  })

  it('ends at once when it is told to, before an answer and in the middle of one', async () => {
    for (const begin of [false, true]) {
      const stop = new AbortController()
      const url = await listen((_, response) => {
        if (begin) response.write('{')
        setImmediate(() => stop.abort())
      })
      await expect(createNodeFetch()(url, post({ signal: stop.signal }))).rejects.toThrow()
    }
  })

  it('tells a client what became of its request', async () => {
    const silent = await listen(() => {})
    const broken = await listen((_, response) => {
      response.writeHead(200, { 'content-length': '9' })
      response.write('{', () => response.socket?.destroy())
    })
    const gone = await listen(echo)
    const [, , server] = servers
    await new Promise((resolve) => server!.close(resolve))
    const ask = (apiUrl: string) =>
      createClient({ apiUrl, csrf: false, maxRetries: 0, timeoutSeconds: 0.2, fetch: createNodeFetch() }).request('GET', '/')
    await expect(ask(silent)).rejects.toMatchObject({ code: 'api_timeout' })
    await expect(ask(broken)).rejects.toMatchObject({ code: 'api_unreachable', details: { reason: 'aborted' } })
    await expect(ask(gone)).rejects.toThrow('ECONNREFUSED')
  })
})
