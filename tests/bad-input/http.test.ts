import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { type System, startSystem } from '../support/system.ts'

/** What a server says to input that nobody can use: status and body by which a person finds the fault, and nothing written. */
describe.each(databaseKinds)('bad input over HTTP on %s', (kind) => {
  let system: System
  let flowId: string
  let deploymentId: string
  beforeAll(async () => {
    system = await startSystem(kind, { AEDILE_SERVER_BODY_LIMIT_BYTES: '200000' })
    flowId = (await post('/flows/', { name: 'flow' })).body.id
    await post('/work_pools/', { name: 'pool', type: 'process', base_job_template: TEMPLATE })
    const schema = { type: 'object', properties: { days: { type: 'integer' } }, required: ['days'] }
    const wanted = { name: 'checked', flow_id: flowId, enforce_parameter_schema: true, parameter_openapi_schema: schema }
    deploymentId = (await post('/deployments/', { ...wanted, work_pool_name: 'pool' })).body.id
  })
  afterAll(() => system?.close())

  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const type: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await fetch(`${system.url}${path}`, { method, body: text ?? null, headers: { ...type, ...headers } })
    return { status: answer.status, headers: answer.headers, body: await answer.json() }
  }
  const post = (path: string, body: unknown) => call('POST', path, body)
  const schedule = (wanted: unknown) => ({ name: 'timed', flow_id: flowId, schedules: [{ schedule: wanted, active: true }] })

  /** Rows of everything that these requests could have written. */
  const countRows = () => {
    const tables = [
      'flow',
      'deployment',
      'deployment_schedule',
      'work_pool',
      'work_queue',
      'flow_run',
      'flow_run_state',
      'variable',
    ]
    const counts = tables.map((table) => `select '${table}' as name, cast(count(*) as integer) as count from ${table}`)
    return system.database.read(counts.join(' union all '))
  }
  /** What the answer to a request that must be refused says. */
  const refuse = async (sent: Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>) => {
    const before = await countRows()
    const { status, headers, body } = await sent
    expect(body.request_id, 'an error names its request').toBe(headers.get('x-request-id'))
    expect(await countRows(), 'nothing is written').toEqual(before)
    const [first] = (body.exception_detail ?? []) as { type: string; loc: unknown[]; msg: string }[]
    return { status, detail: body.detail, error: first && `${first.type} at ${first.loc.join('.')}: ${first.msg}`, body }
  }

  it('malformed JSON is a 422 that names the place', async () => {
    const { status, body } = await refuse(post('/flows/', '{"name": "x",}'))
    expect(status).toBe(422)
    expect(body).toMatchObject({
      exception_message: 'Invalid request received.',
      exception_detail: [{ type: 'json_invalid', loc: ['body', 13] }],
      request_body: '{"name": "x",}',
    })
  })

  it('JSON that is nested without end is a 422, and does not fell the server', async () => {
    for (const depth of [600, 40_000]) {
      const { status, body } = await refuse(
        post('/variables/', `{"name":"deep","value":${'['.repeat(depth)}${']'.repeat(depth)}}`),
      )
      expect(status).toBe(422)
      expect(body.exception_detail).toMatchObject([{ type: 'json_invalid', ctx: { error: 'Too deeply nested' } }])
    }
  })

  it('bytes that are no UTF-8 are refused, not replaced', async () => {
    const bytes = Buffer.concat([Buffer.from('{"name":"caf'), Buffer.from([0xe9]), Buffer.from('"}')])
    const answer = fetch(`${system.url}/flows/`, { method: 'POST', body: bytes, headers: { 'content-type': 'application/json' } })
    const sent = answer.then(async (got) => ({ status: got.status, headers: got.headers, body: await got.json() }))
    expect(await refuse(sent)).toMatchObject({ status: 400, detail: 'There was an error parsing the body: it is not UTF-8.' })
  })

  it('wrong types, missing fields and unknown fields are named one by one', async () => {
    const { status, body } = await refuse(post('/flows/', { nome: 'x', tags: 'a' }))
    expect(status).toBe(422)
    expect(body.exception_detail).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'missing', loc: ['body', 'name'] }),
        expect.objectContaining({ type: 'list_type', loc: ['body', 'tags'] }),
        expect.objectContaining({ type: 'extra_forbidden', loc: ['body', 'nome'], msg: 'Extra inputs are not permitted' }),
      ]),
    )
  })

  it('a body beyond the limit is a 413 that says the limit', async () => {
    const { status, detail } = await refuse(post('/flows/', { name: 'x', tags: ['y'.repeat(250_000)] }))
    expect(status).toBe(413)
    expect(detail).toBe('The request body has more than 200000 bytes. Send it in smaller parts.')
  })

  it('a body that announces less than it sends, or never comes, leaves the server as it was', async () => {
    await new Promise<void>((resolve) => {
      const { hostname, port } = new URL(system.url)
      const half = request({ hostname, port, path: '/api/flows/', method: 'POST', headers: { 'content-length': 1000 } })
      half.on('error', () => resolve())
      half.write('{"name": "half"', () => half.destroy())
    })
    expect((await call('GET', '/health')).body).toBe(true)
    const names = await system.database.read<{ name: string }>('select name from flow')
    expect(names).toEqual([{ name: 'flow' }])
  })

  it.each([
    [{ cron: '0 0 31 2 *' }, /cron: Value error, The schedule never fires/],
    [{ rrule: 'FREQ=DAILY;UNTIL=20200101T000000Z' }, /rrule: Value error, The schedule never fires/],
    [{ cron: '61 * * * *' }, /minute: expected 0 to 59, got "61"/],
    [{ interval: 0 }, /interval should be greater than 0 seconds/],
    [{ cron: '0 0 * * *', timezone: 'Europe/Berln' }, /Invalid timezone: "Europe\/Berln".*Did you mean "Europe\/Berlin"\?/],
  ])('the schedule %j is a 422 that says what is wrong, and leaves no deployment', async (wanted, message) => {
    const { status, error } = await refuse(post('/deployments/', schedule(wanted)))
    expect(status).toBe(422)
    expect(error).toMatch(message)
  })

  it.each([
    [{ job_configuration: { command: '{{ comand }}' }, variables: { properties: {} } }, 422, /undeclared variable\(s\): comand/],
    [{ job_configuration: { command: 'ls' } }, 422, /must contain both a `job_configuration` key and a `variables` key/],
    ['{{ command }}', 422, /valid dictionary/],
    [{ job_configuration: { a: 1 }, variables: { properties: { a: { type: 'strin' } } } }, 422, /Invalid schema/],
  ])('the template %j is refused, for a new pool and for one that there is', async (template, status, message) => {
    const made = await refuse(post('/work_pools/', { name: 'new', type: 'process', base_job_template: template }))
    const changed = await refuse(call('PATCH', '/work_pools/pool', { base_job_template: template }))
    for (const refused of [made, changed]) {
      expect(refused.status).toBe(status)
      expect(`${refused.error} ${refused.detail}`).toMatch(message)
    }
    expect((await call('GET', '/work_pools/pool')).body.base_job_template).toEqual(TEMPLATE)
  })

  it('parameters that break the schema make no run, and change no deployment', async () => {
    const run = await refuse(post(`/deployments/${deploymentId}/create_flow_run`, { parameters: { days: 'many' } }))
    expect(run).toMatchObject({
      status: 409,
      detail: "Error creating flow run: Validation failed for field 'days'. Failure reason: 'many' is not of type 'integer'",
    })
    const change = await refuse(call('PATCH', `/deployments/${deploymentId}`, { parameters: { days: 'many' } }))
    expect(change.status).toBe(409)
    expect((await call('GET', `/deployments/${deploymentId}`)).body.parameters).toEqual({})
  })

  it('a regular expression that would take for ever elsewhere is matched at once', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } } }
    const wanted = { name: 'slow', flow_id: flowId, enforce_parameter_schema: true, parameter_openapi_schema: schema }
    const { id } = (await post('/deployments/', wanted)).body
    const run = await refuse(post(`/deployments/${id}/create_flow_run`, { parameters: { name: `${'a'.repeat(100)}!` } }))
    expect(run).toMatchObject({ status: 409, detail: expect.stringContaining("does not match '^(a+)+$'") })
    expect((await post(`/deployments/${id}/create_flow_run`, { parameters: { name: 'aaa' } })).status).toBe(201)
  })

  it('job variables that break the template make no run and no deployment', async () => {
    const wanted = { parameters: { days: 1 }, job_variables: { replicas: 'two' } }
    const run = await refuse(post(`/deployments/${deploymentId}/create_flow_run`, wanted))
    expect(run.status).toBe(422)
    expect(run.detail).toContain("Validation failed for field 'replicas'. Failure reason: 'two'")
    const made = { name: 'other', flow_id: flowId, work_pool_name: 'pool', job_variables: { replicas: 'two' } }
    expect((await refuse(post('/deployments/', made))).status).toBe(422)
  })

  it.each(['__proto__', 'constructor', 'toString'])(
    '%s is a key like any other, in parameters and in job variables',
    async (key) => {
      const text = `{"parameters":{"days":1,"${key}":{"x":1}},"job_variables":{"env":{"${key}":"y"}}}`
      const { status, body } = await post(`/deployments/${deploymentId}/create_flow_run`, text)
      expect(status).toBe(201)
      const { body: run } = await call('GET', `/flow_runs/${body.id}`)
      expect(JSON.stringify(run.parameters)).toBe(`{"days":1,"${key}":{"x":1}}`)
      expect(JSON.stringify(run.job_variables)).toBe(`{"env":{"${key}":"y"}}`)
    },
  )

  it.each([
    ['a sort that there is not', { sort: 'ID; DROP TABLE flow_run' }, 422],
    ['a filter that there is not', { flow_runs: { nam: { any_: ['x'] } } }, 422],
    ['a limit beyond the largest', { limit: 1_000_000 }, 422],
    ['an offset below zero', { offset: -1 }, 422],
    ['an id that is none', { flow_runs: { id: { any_: ["x' or 1=1"] } } }, 422],
    ['SQL in a text', { flow_runs: { name: { like_: "%' or '1'='1" } } }, 200],
    ['many tags', { flow_runs: { tags: { all_: Array.from({ length: 10_000 }, (_, at) => `t${at}`) } } }, 200],
  ])('a search with %s is answered', async (_what, body, status) => {
    const answer = await post('/flow_runs/filter', body)
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.body).toEqual([])
  })

  it('a search of more parts than a database takes is refused with a sentence, or answered', async () => {
    const startswith_ = Array.from({ length: 9000 }, (_, at) => `q${at}`)
    const { status, body } = await post('/flow_runs/filter', { work_pool_queues: { name: { startswith_ } } })
    if (status === 200) expect(body).toEqual([])
    else expect({ status, code: body.code }).toEqual({ status: 422, code: 'query_too_large' })
  })

  it('a text with NUL is stored whole or refused, never cut', async () => {
    const name = `nul\u0000${randomUUID()}`
    const { status, body } = await post('/flows/', { name })
    if (status === 201) expect(body.name).toBe(name)
    else expect({ status, code: body.code }).toEqual({ status: 422, code: 'text_unstorable' })
  })

  it('no path leads out of the API, and none carries a header into the answer', async () => {
    for (const path of ['/../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/flows/%0d%0aset-cookie:%20a=b', '//etc/passwd']) {
      const answer = await fetch(`${system.url}${path}`, { redirect: 'manual' })
      expect([404, 307]).toContain(answer.status)
      expect(answer.headers.get('set-cookie')).toBeNull()
      expect(answer.headers.get('location') ?? '/').toMatch(/^\/(?!\/)/)
    }
  })

  it('what is unknown is a 404, what has another method a 405, both with the id of the request', async () => {
    expect(await refuse(call('GET', `/flow_runs/${randomUUID()}`))).toMatchObject({ status: 404, detail: 'Flow run not found' })
    expect(await refuse(call('GET', '/flow_runs/yesterday'))).toMatchObject({ status: 404, detail: 'Not Found' })
    expect(await refuse(call('DELETE', '/flows/'))).toMatchObject({ status: 405, detail: 'Method Not Allowed' })
    const named = await call('GET', '/nowhere', undefined, { 'x-request-id': 'my-request' })
    expect(named.body.request_id).toBe('my-request')
    const wild = await call('GET', '/nowhere', undefined, { 'x-request-id': '<b>x</b>' })
    expect(wild.body.request_id).not.toContain('<')
  })
})

const TEMPLATE = {
  job_configuration: { env: '{{ env }}', replicas: '{{ replicas }}' },
  variables: { type: 'object', properties: { env: { type: 'object' }, replicas: { type: 'integer' } } },
}
