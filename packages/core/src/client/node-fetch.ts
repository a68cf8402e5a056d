import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { Answer, Fetch, FetchInit } from './fetch.ts'

/** As many connections to one server at once; what is more waits its turn. */
const CONNECTIONS = 16
const CONNECT_SECONDS = 10
/** A server that does not say how long it keeps an idle connection may close it after 5 s. */
const IDLE_SECONDS = 4
const MOST_REDIRECTS = 5

type Scheme = { request: typeof import('node:http').request; agent: Agent }

/**
 * A `fetch` of Node's own HTTP client, as far as a client of the API needs one: text in, text out. It takes far less
 * memory and processor time than the platform's. Connections are kept, and shared by all that it is used for.
 */
export function createNodeFetch(): Fetch {
  const schemes = new Map<string, Scheme>()

  function openScheme(protocol: string): Scheme {
    const known = schemes.get(protocol)
    if (known) return known
    // An import of the module would read all its names, and with them load what this stands in for.
    const http = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http')
    const agent = new http.Agent({
      keepAlive: true,
      maxSockets: CONNECTIONS,
      timeout: IDLE_SECONDS * 1000,
      // What Node does for its own agents.
      ...(process.env.NODE_USE_ENV_PROXY === '1' && { proxyEnv: process.env }),
    })
    const scheme = { request: http.request, agent }
    schemes.set(protocol, scheme)
    return scheme
  }

  async function follow(url: URL, init: FetchInit, redirects: number): Promise<Answer> {
    const { request, agent } = openScheme(url.protocol)
    const { method, headers, body, signal } = init
    const answer = await send(request(url, { method, headers, agent, signal }), body)
    const { statusCode: status = 0, statusMessage: statusText = '' } = answer
    const { location } = answer.headers
    if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return readAnswer(answer, status, statusText)
    answer.resume()
    if (redirects >= MOST_REDIRECTS) throw new Error(`more than ${MOST_REDIRECTS} redirects`)
    return follow(new URL(location, url), redirect(init, url, new URL(location, url), status), redirects + 1)
  }

  return (url, init) => follow(new URL(url), init, 0)
}

function send(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
    request.on('socket', (socket) => {
      if (!socket.connecting) return
      const late = Object.assign(new Error(`no connection within ${CONNECT_SECONDS} s`), { code: 'ERR_CONNECT_TIMEOUT' })
      const timer = setTimeout(() => request.destroy(late), CONNECT_SECONDS * 1000)
      socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
    })
    request.end(body)
  })
}

async function readAnswer(answer: IncomingMessage, status: number, statusText: string): Promise<Answer> {
  const text = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
    answer.on('end', () => resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')))
  })
  const get = (name: string) => {
    const value = answer.headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
  return { ok: status >= 200 && status < 300, status, statusText, headers: { get }, text: async () => text }
}

/** What is sent to the place that a server named: as the Fetch standard has it, and no credentials to a stranger. */
function redirect(init: FetchInit, from: URL, to: URL, status: number): FetchInit {
  const isRead = status === 303 || (status <= 302 && init.method === 'POST')
  const drop = [...(isRead ? ['content-type'] : []), ...(from.origin === to.origin ? [] : ['authorization'])]
  const headers = Object.fromEntries(Object.entries(init.headers).filter(([name]) => !drop.includes(name)))
  return isRead ? { ...init, method: 'GET', body: undefined, headers } : { ...init, headers }
}
