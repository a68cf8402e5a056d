import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createDatabase, databaseKinds } from '../support/databases.ts'
import { until } from '../support/network.ts'
import { startAedile } from '../support/program.ts'
import { type System, startSystem } from '../support/system.ts'

const AUTH = 'canary-user:canary-password'
const BASIC = { authorization: `Basic ${Buffer.from(AUTH).toString('base64')}` }
const BLOCK_SECRET = 'canary-block-secret'

describe('a server with an auth string', () => {
  let system: System
  beforeAll(async () => {
    system = await startSystem('sqlite', { AEDILE_SERVER_AUTH_STRING: AUTH, AEDILE_SERVER_LOG_LEVEL: 'trace' })
  })
  afterAll(() => system?.close())

  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(new URL(path, system.url), { headers })).status

  it('answers nobody else, on any page that tells of its data', async () => {
    for (const path of ['/api/version', '/api/admin/settings', '/api/flows/nowhere', '/metrics', '/']) {
      expect([path, await status(path)]).toEqual([path, 401])
      expect([path, await status(path, { authorization: 'Basic Zm9vOmJhcg==' })]).toEqual([path, 401])
      expect([path, await status(path, { authorization: `Bearer ${AUTH}` })]).toEqual([path, 401])
    }
    for (const path of ['/api/version', '/api/admin/settings', '/metrics', '/']) expect(await status(path, BASIC)).toBe(200)
    expect(await status('/api/health')).toBe(200)
  })

  it('says who it was not, with the id of the request and without a prompt for programs', async () => {
    const answer = await fetch(new URL('/api/version', system.url))
    expect(await answer.json()).toEqual({ exception_message: 'Unauthorized', request_id: answer.headers.get('x-request-id') })
    expect(answer.headers.get('www-authenticate')).toBeNull()
  })

  it.each(['/events/in', '/events/out', '/logs/out'])(
    'closes %s to a wrong token and to a client that sends none',
    async (path) => {
      expect(await shakeHands(path, { type: 'auth', token: 'wrong' })).toEqual([1008, 'Invalid token'])
      expect(await shakeHands(path, { type: 'auth', token: null })).toEqual([1008, 'Auth required but no token provided'])
      expect(await shakeHands(path, { type: 'filter', filter: {} })).toEqual([1008, "Expected 'auth' message"])
      expect(await shakeHands(path, { type: 'auth', token: AUTH })).toBe('auth_success')
      expect(await shakeHands(path, { type: 'auth', token: AUTH }, [])).toBe(403)
    },
  )

  it('drops a websocket whose frame is too large, and serves the others', async () => {
    expect(await shakeHands('/events/in', { type: 'auth', token: 'x'.repeat(17 * 1024 * 1024) })).toEqual([1009, ''])
    expect(await shakeHands('/events/in', { type: 'auth', token: AUTH })).toBe('auth_success')
  })

  /** What becomes of a first message: the type of the answer, the close frame, or the status in place of a handshake. */
  function shakeHands(path: string, message: unknown, protocols = ['prefect']): Promise<unknown> {
    const socket = new WebSocket(`${system.url.replace('http', 'ws')}${path}`, protocols)
    return new Promise((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify(message)))
      socket.on('message', (data) => resolve(JSON.parse(String(data)).type))
      socket.on('close', (code, reason) => resolve([code, String(reason)]))
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('error', () => {})
    }).finally(() => socket.terminate())
  }
})

describe.each(databaseKinds)('secrets on %s', (kind) => {
  it('are neither in the settings, nor in the log, nor readable in the database', async () => {
    const home = await mkdtemp(join(tmpdir(), 'aedile-secrets-'))
    const database = await createDatabase(kind, home)
    const key = Buffer.alloc(32, 7).toString('hex')
    const server = startAedile(['--json', 'server', 'start', '--port', '0', '--log-level', 'trace'], {
      AEDILE_HOME: home,
      AEDILE_DATABASE_URL: database.url.replace(/(:\/\/\w+)@/, '$1:canary-database@'),
      AEDILE_SERVER_AUTH_STRING: AUTH,
      AEDILE_SERVER_ENCRYPTION_KEY: key,
    })
    try {
      const url = await until('the server answers', async () => /"url": "(.*)"/.exec(server.stdout())?.[1], 60)
      const id = await storeSecret(url)
      expect((await ask(url, `/block_documents/${id}`)).data).toEqual({ value: '********' })
      expect((await ask(url, `/block_documents/${id}?include_secrets=true`)).data).toEqual({ value: BLOCK_SECRET })
      const settings = JSON.stringify(await ask(url, '/admin/settings'))
      await fetch(`${url}/version`, { headers: { authorization: 'Basic Y2FuYXJ5' } })

      const stored = await database.read<{ data: string }>('select cast(data as text) as data from block_document')
      expect(stored).toHaveLength(1)
      await until('the events are written', async () => (await database.read('select 1 from outbox')).length === 0, 20)
      expect(await server.end()).toBe(0)
      const files = await Promise.all(
        (await readdir(home)).map(async (name) => [name, await readFile(join(home, name))] as const),
      )
      const places = [['settings', settings], ['log', server.stderr()], ['column', JSON.stringify(stored)], ...files] as const
      const found = places.flatMap(([place, text]) =>
        ['canary', key].filter((secret) => text.includes(secret)).map((one) => `${one} in ${place}`),
      )
      expect(found).toEqual([])
      if (kind === 'sqlite') expect(files.map(([name]) => name)).toContain('aedile.db')
    } finally {
      await server.end('SIGKILL')
      await database.remove()
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    }
  })
})

async function storeSecret(url: string): Promise<string> {
  const type = await ask(url, '/block_types/slug/secret')
  const [schema] = await ask(url, '/block_schemas/filter', { block_schemas: { block_type_id: { any_: [type.id] } } })
  const wanted = { name: 'kept', data: { value: BLOCK_SECRET }, block_schema_id: schema.id, block_type_id: type.id }
  return (await ask(url, '/block_documents/', wanted)).id
}

// biome-ignore lint/suspicious/noExplicitAny: what the API answers is looked at from outside
async function ask(url: string, path: string, body?: unknown): Promise<any> {
  const options = body ? { method: 'POST', body: JSON.stringify(body) } : {}
  const answer = await fetch(`${url}${path}`, { ...options, headers: { ...BASIC, 'content-type': 'application/json' } })
  expect([path, answer.ok ? '' : await answer.clone().text()]).toEqual([path, ''])
  return answer.json()
}
