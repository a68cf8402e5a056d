import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { askEngine, callEngine, openAgent } from './engine-call.ts'
import type { Endpoint } from './target.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
})

/** Something that answers at a unix socket. */
async function listen(answer: RequestListener) {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-engine-call-'))
  const path = join(folder, 'docker.sock')
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const endpoint: Endpoint = { host: `unix://${path}`, baseUrl: 'http+docker://localhost', way: { kind: 'unix', path } }
  const agent = openAgent(endpoint)
  closers.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => server.close(),
    () => agent.destroy(),
  )
  return { endpoint, agent }
}

const echo: RequestListener = async (request, response) => {
  let body = ''
  for await (const part of request.setEncoding('utf8')) body += part
  response.end(JSON.stringify({ method: request.method, url: request.url, type: request.headers['content-type'] ?? null, body }))
}

describe('a call to an engine', () => {
  it('sends query, document and stream as the engine reads them', async () => {
    const { endpoint, agent } = await listen(echo)
    const ask = (call: Parameters<typeof askEngine>[2]) => askEngine(endpoint, agent, call, 5)
    expect(await ask({ method: 'POST', path: '/containers/create', query: { name: 'a b&c' }, body: { Image: 'x' } })).toEqual({
      method: 'POST',
      url: '/containers/create?name=a+b%26c',
      type: 'application/json',
      body: '{"Image":"x"}',
    })
    const headers = { 'Content-Type': 'application/tar' }
    const query: [string, string][] = [
      ['t', 'one'],
      ['t', 'two'],
    ]
    expect(await ask({ method: 'POST', path: '/build', query, body: Readable.from(['a', 'tar']), headers })).toEqual({
      method: 'POST',
      url: '/build?t=one&t=two',
      type: 'application/tar',
      body: 'atar',
    })
  })

  it('tells what the engine refused, with its own words', async () => {
    const { endpoint, agent } = await listen((request, response) => {
      response.statusCode = request.url === '/gone' ? 404 : 502
      response.end(request.url === '/gone' ? '{"message":"No such container: one\\n"}' : '<html>bad gateway</html>')
    })
    const get = (path: string) => callEngine(endpoint, agent, { method: 'GET', path }, new AbortController().signal)
    await expect(get('/gone')).rejects.toMatchObject({ status: 404, message: 'No such container: one' })
    await expect(get('/other')).rejects.toMatchObject({ status: 502, message: '<html>bad gateway</html>' })
  })

  it('has an end when the engine does not answer, or is not there', async () => {
    const { endpoint, agent } = await listen((_, response) => void response.write('{'))
    const nobody: Endpoint = { ...endpoint, way: { kind: 'unix', path: '/nowhere/docker.sock' } }
    await expect(askEngine(endpoint, agent, { method: 'GET', path: '/info' }, 0.05)).rejects.toMatchObject({
      status: null,
      message: `The Docker engine at ${endpoint.host} does not answer: no answer within 0.05 s.`,
    })
    await expect(askEngine(nobody, agent, { method: 'GET', path: '/info' }, 5)).rejects.toMatchObject({
      status: null,
      message: expect.stringContaining('ENOENT'),
    })
  })
})
