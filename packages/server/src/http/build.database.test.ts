import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../settings.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { buildHttp } from './build.ts'
import { routes } from './index.ts'
import { type Route, route } from './route.ts'

let opened: TestWorkspace
let app: FastifyInstance

async function start(settings: Partial<ServerSettings> = {}, ownRoutes?: readonly Route[]) {
  await stop()
  opened = await openTestWorkspace(settings)
  app = buildHttp(opened.workspace, ownRoutes ? { routes: ownRoutes } : {})
}
async function stop() {
  await app?.close()
  await opened?.close()
}
beforeEach(() => start())
afterEach(async () => {
  await stop()
  app = undefined as never
  opened = undefined as never
})

const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: `/api${url}`,
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    headers: { 'content-type': 'application/json', ...headers },
  })
const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers })

describe('errors', () => {
  it('tells every fault of a body in the form that genuine servers have', async () => {
    const answer = await post('/flows/', { name: 5, x: 1, tags: 'q' })
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toEqual({
      exception_message: 'Invalid request received.',
      exception_detail: [
        { type: 'string_type', loc: ['body', 'name'], msg: 'Input should be a valid string', input: 5 },
        { type: 'list_type', loc: ['body', 'tags'], msg: 'Input should be a valid list', input: 'q' },
        { type: 'extra_forbidden', loc: ['body', 'x'], msg: 'Extra inputs are not permitted', input: 1 },
      ],
      request_body: { name: 5, x: 1, tags: 'q' },
      request_id: answer.headers['x-request-id'],
    })
  })

  it.each([
    ['{"name": }', 9, 'Expecting value'],
    ['{"name"', 7, "Expecting ':' delimiter"],
    ['{"name": "x"} x', 14, 'Extra data'],
  ])('tells where %s stops being JSON', async (text, position, error) => {
    const answer = await post('/flows/', text)
    expect(answer.statusCode).toBe(422)
    expect(answer.json().exception_detail).toEqual([
      { type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error', input: {}, ctx: { error } },
    ])
    expect(answer.json().request_body).toBe(text)
  })

  it('names a missing field, a missing body and a missing query parameter', async () => {
    const detail = async (answer: ReturnType<typeof post>) => (await answer).json().exception_detail
    expect(await detail(post('/flows/', {}))).toEqual([
      { type: 'missing', loc: ['body', 'name'], msg: 'Field required', input: {} },
    ])
    expect(await detail(post('/flows/', ''))).toEqual([{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }])
    expect(await detail(get('/api/csrf-token'))).toEqual([
      { type: 'missing', loc: ['query', 'client'], msg: 'Field required', input: null },
    ])
  })

  it('takes null for an absent parameter, and ignores unknown ones, in a body of several', async () => {
    const answer = await post('/flows/filter', { limit: null, offset: null, flows: null, work_queues: null })
    expect([answer.statusCode, answer.json()]).toEqual([200, []])
  })

  it('refuses a limit beyond the bound with a sentence', async () => {
    const answer = await post('/flows/filter', { limit: 201 })
    expect(answer.statusCode).toBe(422)
    expect(answer.json().detail).toBe('Invalid limit: must be less than or equal to 200.')
  })

  it('answers 404 to an unknown path and to an id that is none, 405 to another method, 307 to another slash', async () => {
    expect((await get('/api/nope')).json()).toMatchObject({ detail: 'Not Found' })
    const malformed = await get('/api/flows/not-a-uuid')
    expect([malformed.statusCode, malformed.json().detail]).toEqual([404, 'Not Found'])
    const method = await get('/api/flows/')
    expect([method.statusCode, method.json().detail, method.headers.allow]).toEqual([405, 'Method Not Allowed', 'POST'])
    const slash = await post('/flows', { name: 'x' })
    expect([slash.statusCode, slash.headers.location]).toEqual([307, '/api/flows/'])
  })

  it('reads a body without content type as JSON, and one of another type as text', async () => {
    const bare = await app.inject({ method: 'POST', url: '/api/flows/', payload: Buffer.from('{"name":"x"}') })
    expect(bare.statusCode).toBe(201)
    const text = await post('/flows/', '{"name":"x"}', { 'content-type': 'text/plain' })
    expect(text.json().exception_detail[0]).toMatchObject({ type: 'model_attributes_type', loc: ['body'] })
  })

  it('refuses a body beyond the limit with 413', async () => {
    await start({ bodyLimitBytes: 1000 })
    const answer = await post('/flows/', { name: 'x'.repeat(2000) })
    expect([answer.statusCode, answer.json().detail]).toEqual([
      413,
      'The request body has more than 1000 bytes. Send it in smaller parts.',
    ])
  })

  it('answers 500 without the reason when a handler breaks, and 409 when a constraint does', async () => {
    const { workspace } = opened
    const breaking = route({
      method: 'GET',
      path: '/break',
      summary: 'Break',
      resource: 'test',
      action: 'read',
      responses: { 200: null },
      handle: () => Promise.reject(new Error('a secret detail')),
    })
    const conflicting = route({
      ...breaking,
      method: 'POST',
      path: '/conflict',
      handle: ({ workspace: { store } }) =>
        store.write(async ({ db }) => {
          const row = { id: workspace.serverId, created: 1, updated: 1, name: 'n', value: '1', tags: '[]' }
          await db.insertInto('variable').values([row, row]).execute()
        }),
    })
    await start({}, [breaking, conflicting])
    const broken = await get('/api/break')
    expect([broken.statusCode, broken.json()]).toEqual([
      500,
      { exception_message: 'Internal Server Error', request_id: broken.headers['x-request-id'] },
    ])
    const conflict = await post('/conflict', {})
    expect([conflict.statusCode, conflict.json().detail]).toEqual([
      409,
      'Data integrity conflict. This usually means a unique or foreign key constraint was violated. See server logs for details.',
    ])
  })

  it('answers 503 with Retry-After to a request beyond its deadline', async () => {
    const stuck = route({
      method: 'GET',
      path: '/stuck',
      summary: 'Never answer',
      resource: 'test',
      action: 'read',
      responses: { 200: null },
      handle: () => new Promise(() => {}),
    })
    await start({ requestTimeoutSeconds: 0.05 }, [stuck])
    const answer = await get('/api/stuck')
    expect([answer.statusCode, answer.json().exception_message, answer.headers['retry-after']]).toEqual([
      503,
      'Service Unavailable',
      '1',
    ])
  })
})

describe('versions', () => {
  it.each([
    ['0.8.4', 200],
    ['9.0.0', 200],
    ['0.7.9', 400],
    ['x', 400],
  ])('answers a request of API version %s with %i', async (version, status) => {
    const answer = await get('/api/admin/version', { 'x-prefect-api-version': version })
    expect(answer.statusCode).toBe(status)
    if (status === 200) expect(answer.json()).toBe('3.8.8')
  })

  it('says what the least version is', async () => {
    const old = await get('/api/hello', { 'x-prefect-api-version': '0.7.9' })
    expect(old.json().detail).toBe('The request specified API version 0.7.9 but this server requires version 0.8.0 or higher.')
    expect((await get('/api/health', { 'x-prefect-api-version': '0.7.9' })).json()).toBe(true)
  })
})

describe('authentication', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

  it('opens health and readiness only, and takes the auth string verbatim', async () => {
    await start({ authString: 'admin:pass' })
    expect((await get('/api/health')).statusCode).toBe(200)
    expect((await get('/api/ready')).json()).toEqual({ message: 'OK' })
    const refused = await get('/api/version')
    expect([refused.statusCode, refused.json().exception_message]).toEqual([401, 'Unauthorized'])
    expect((await get('/api/version', basic('admin:wrong'))).statusCode).toBe(401)
    expect((await get('/api/nope')).statusCode).toBe(401)
    expect((await get('/')).statusCode).toBe(401)
    expect((await get('/metrics')).statusCode).toBe(401)
    expect((await get('/api/version', basic('admin:pass'))).json()).toBe('0.8.4')
  })

  it('declares a resource and an action on every route', () => {
    for (const declared of routes)
      expect(declared, `${declared.method} ${declared.path}`).toMatchObject({
        resource: expect.stringMatching(/./),
        action: expect.stringMatching(/^(read|create|update|delete|run)$/),
      })
    expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length)
    expect(routes.filter(({ open }) => open).map(({ path }) => path)).toEqual(['/health', '/ready'])
  })

  it('leaves a row in the audit trail for every write that was accepted', async () => {
    await post('/flows/', { name: 'audited' }, { 'x-request-id': 'my-request' })
    await post('/flows/', { name: '' })
    await app.close()
    const rows = await opened.workspace.store.db.selectFrom('audit').selectAll().execute()
    expect(rows).toMatchObject([
      { principal: 'anonymous', action: 'create', resource: 'flow /api/flows/', request_id: 'my-request' },
    ])
  })
})

describe('CSRF', () => {
  it('says that protection is off', async () => {
    const answer = await get('/api/csrf-token?client=c')
    expect([answer.statusCode, answer.json().detail]).toEqual([422, 'CSRF protection is disabled.'])
  })

  it('asks writes for a token of their client', async () => {
    await start({ csrfProtection: true })
    expect((await post('/flows/', { name: 'x' })).json().detail).toBe('Missing CSRF token.')
    expect((await post('/flows/', { name: 'x' }, { 'prefect-csrf-token': 't' })).json().detail).toBe('Missing client identifier.')
    const token = (await get('/api/csrf-token?client=c')).json().token
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    const given = (client: string) => ({ 'prefect-csrf-token': token, 'prefect-csrf-client': client })
    const wrong = await post('/flows/', { name: 'x' }, given('d'))
    expect([wrong.statusCode, wrong.json().detail]).toEqual([403, 'Invalid CSRF token or client identifier.'])
    expect((await post('/flows/', { name: 'x' }, given('c'))).statusCode).toBe(201)
  })
})

describe('CORS', () => {
  it('answers preflight requests before authentication, and only to allowed origins', async () => {
    await start({ authString: 'a:b', corsOrigins: ['https://ui.example'] })
    const preflight = (origin: string) =>
      app.inject({ method: 'OPTIONS', url: '/api/flows/', headers: { origin, 'access-control-request-method': 'POST' } })
    const allowed = await preflight('https://ui.example')
    expect([allowed.statusCode, allowed.headers['access-control-allow-origin']]).toEqual([200, 'https://ui.example'])
    expect((await preflight('https://other.example')).headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('base path', () => {
  it('moves the whole API', async () => {
    await start({ basePath: '/flows/api' })
    expect((await get('/flows/api/health')).json()).toBe(true)
    expect((await get('/api/health')).statusCode).toBe(404)
  })
})

describe('OpenAPI', () => {
  it('describes every route, and refers only to schemas that it has', async () => {
    const document = (await get('/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    for (const { method, path } of routes) {
      const described = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      expect(described, `${method} ${path}`).toMatchObject({ summary: expect.any(String), responses: expect.any(Object) })
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!)
    expect(references.length).toBeGreaterThan(0)
    for (const reference of new Set(references)) {
      const [, name] = /^#\/components\/schemas\/([\w.-]+)(?:\/.*)?$/.exec(reference) ?? []
      expect(document.components.schemas, reference).toHaveProperty([name!])
    }
    expect(document.components.schemas.Flow.properties).toMatchObject({
      id: { type: 'string', format: 'uuid' },
      created: { type: 'string', format: 'date-time' },
    })
  })

  it('has a page that needs nothing from elsewhere', async () => {
    for (const url of ['/docs', '/api/docs']) {
      const { body, headers } = await get(url)
      expect(headers['content-type']).toContain('text/html')
      expect(body).toContain('/flows/name/{name}')
      expect(body).not.toMatch(/<script|https?:\/\/(?!schemas)/)
    }
  })
})

describe('pages', () => {
  it('shows an empty server, then pools, workers and runs, everything escaped', async () => {
    const empty = (await get('/')).body
    expect(empty).toContain('No work pool yet')
    expect(empty).toContain('No run yet')
    const stored = (id: number) => ({ id: `00000000-0000-4000-8000-00000000000${id}`, created: 1, updated: 1 })
    await opened.workspace.store.write(async ({ db }) => {
      await db
        .insertInto('flow')
        .values({ ...stored(1), name: 'a & b', tags: '[]', labels: '{}' })
        .execute()
      await db
        .insertInto('work_pool')
        .values({
          ...stored(2),
          name: '<b>pool',
          description: null,
          type: 'process',
          base_job_template: '{}',
          is_paused: 0,
          concurrency_limit: null,
          status: 'READY',
          default_queue_id: null,
          storage_configuration: '{}',
        })
        .execute()
      await db
        .insertInto('worker')
        .values({
          ...stored(3),
          work_pool_id: stored(2).id,
          name: 'w1',
          last_heartbeat_time: 1,
          heartbeat_interval_seconds: 30,
          status: 'ONLINE',
        })
        .execute()
    })
    const flow_id = stored(1).id
    await post('/flow_runs/', { flow_id, name: 'begun', state: { type: 'RUNNING' } })
    const later = { scheduled_time: '2999-01-01T00:00:00Z' }
    await post('/flow_runs/', { flow_id, name: 'later', state: { type: 'SCHEDULED', state_details: later } })
    const { body, headers } = await get('/')
    expect(body).toContain('&lt;b&gt;pool')
    expect(body).toContain('a &amp; b')
    expect(body).toContain('begun')
    expect(body).not.toContain('later')
    expect(body).not.toContain('<b>pool')
    expect(body).toContain('w1')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
  })

  it('counts requests by route in the metrics', async () => {
    await get('/api/flows/00000000-0000-4000-8000-000000000001')
    const { body } = await get('/metrics')
    expect(body).toMatch(/aedile_http_request_duration_seconds_count\{method="GET",route="\/api\/flows\/:id",status="404"\} 1/)
  })

  it('masks secrets among the settings', async () => {
    await start({ authString: 'a:b' })
    const headers = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }
    const settings = (await get('/api/admin/settings', headers)).json()
    expect(settings).toMatchObject({ AEDILE_SERVER_AUTH_STRING: '********', AEDILE_SERVER_BASE_PATH: '/api' })
  })
})
