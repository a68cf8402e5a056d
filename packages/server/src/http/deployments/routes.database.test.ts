import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../../testing/api.ts'

const SCHEMA = {
  title: 'Parameters',
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', title: 'name' }, times: { type: 'integer', default: 1 } },
}
const TEMPLATE = {
  job_configuration: { command: '{{ command }}', cpu: '{{ cpu }}' },
  variables: {
    type: 'object',
    required: ['command'],
    properties: { command: { type: 'string' }, cpu: { type: 'integer', default: 1 } },
  },
}
const DAILY = { cron: '0 9 * * *', timezone: 'Europe/Berlin' }

let api: TestApi
let flowId: string
beforeEach(async () => {
  api = await openTestApi()
  flowId = (await api.call('POST', '/flows/', { name: 'weather' })).body.id
})
afterEach(() => api.close())

const create = (body: object = {}) => api.call('POST', '/deployments/', { name: 'daily', flow_id: flowId, ...body })
const read = async (id: string) => (await api.call('GET', `/deployments/${id}`)).body
const run = (id: string, body: object = {}) => api.call('POST', `/deployments/${id}/create_flow_run`, body)
const createPool = () => api.call('POST', '/work_pools/', { name: 'pool', type: 'process', base_job_template: TEMPLATE })

describe('a deployment', () => {
  test('is made once per flow and name, and written over afterwards', async () => {
    const first = await create({
      tags: ['a'],
      parameters: { name: 'x' },
      schedules: [{ schedule: DAILY, slug: 's', max_scheduled_runs: 5 }],
    })
    expect(first.status).toBe(201)
    expect(first.body).toMatchObject({
      status: 'NOT_READY',
      paused: false,
      concurrency_limit: null,
      labels: { 'prefect.flow.id': flowId },
    })
    expect(first.body.schedules).toMatchObject([
      { slug: 's', max_scheduled_runs: 5, schedule: { cron: '0 9 * * *', timezone: 'Europe/Berlin', day_or: true } },
    ])
    const lax = { enforce_parameter_schema: false, parameter_openapi_schema: SCHEMA }
    expect(await api.call('PATCH', `/deployments/${first.body.id}`, lax)).toMatchObject({ status: 204 })
    const second = await create({
      tags: ['b'],
      job_variables: null,
      schedules: [{ schedule: DAILY, slug: 's', max_scheduled_runs: 5 }],
    })
    expect(second.status).toBe(200)
    expect(second.body).toMatchObject({
      id: first.body.id,
      tags: ['b'],
      parameters: { name: 'x' },
      enforce_parameter_schema: false,
      parameter_openapi_schema: SCHEMA,
    })
    expect(second.body.schedules[0].id).not.toBe(first.body.schedules[0].id)
    expect(second.body.schedules[0].max_scheduled_runs).toBeNull()
    expect((await api.call('GET', '/deployments/name/weather/daily')).body.id).toBe(first.body.id)
    expect((await api.outboxEvents()).filter((name) => name.includes('deployment'))).toEqual([
      'prefect.deployment.created',
      'prefect.deployment.updated',
      'prefect.deployment.updated',
    ])
  })

  test('written by two at once is one', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => create({ schedules: [{ schedule: DAILY, slug: 's' }] })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201])
    expect((await read(answers[0]!.body.id)).schedules).toHaveLength(1)
  })

  test.each([
    ['that never fires', { cron: '0 0 31 2 *' }, 'never fires'],
    ['in an unknown zone', { cron: '0 0 * * *', timezone: 'Europe/Berln' }, 'Did you mean "Europe/Berlin"?'],
    ['that is no cron', { cron: '61 * * * *' }, 'minute: expected 0 to 59, got "61"'],
    ['that is no recurrence', { rrule: 'FREQ=SOMETIMES' }, 'FREQ must be one of'],
  ])('refuses a schedule %s, and is not made', async (_, schedule, message) => {
    const { status, body } = await create({ schedules: [{ schedule }] })
    expect(status).toBe(422)
    expect(body.exception_detail[0].msg).toContain(message)
    expect(body.exception_detail[0].loc.slice(0, 4)).toEqual(['body', 'schedules', 0, 'schedule'])
    expect((await api.call('POST', '/deployments/count', {})).body).toBe(0)
  })

  test('stores a recurrence with a start', async () => {
    const { body } = await create({ schedules: [{ schedule: { rrule: 'FREQ=DAILY' } }] })
    expect(body.schedules[0].schedule).toEqual({ rrule: 'DTSTART:20200101T000000\nFREQ=DAILY', timezone: 'UTC' })
  })

  test('goes to the default queue of its pool, or to a queue that is made for it', async () => {
    const pool = await createPool()
    const { body } = await create({ work_pool_name: 'pool' })
    expect(body).toMatchObject({ work_pool_name: 'pool', work_queue_name: 'default', work_queue_id: pool.body.default_queue_id })
    await api.call('PATCH', `/deployments/${body.id}`, {
      work_pool_name: 'pool',
      work_queue_name: 'fast',
      enforce_parameter_schema: false,
    })
    expect(await read(body.id)).toMatchObject({ work_queue_name: 'fast' })
    await api.call('PATCH', `/deployments/${body.id}`, { description: 'x' })
    expect(await read(body.id)).toMatchObject({ work_pool_name: 'pool' })
    await api.call('PATCH', `/deployments/${body.id}`, { work_pool_name: null, work_queue_name: null })
    expect(await read(body.id)).toMatchObject({ work_pool_name: null, work_queue_id: null })
    expect(await create({ name: 'other', work_pool_name: 'nope' })).toMatchObject({
      status: 404,
      body: { detail: 'Work pool "nope" not found.' },
    })
    expect((await api.call('PATCH', `/deployments/${body.id}`, { work_pool_name: 'nope' })).status).toBe(404)
  })

  test('with a job variable that its pool does not know is accepted, and every answer names the nearest one', async () => {
    await createPool()
    const warnings = [{ pointer: '/cpus', nearest: 'cpu', message: 'The work pool has no job variable cpus. Did you mean cpu?' }]
    const { status, body } = await create({ work_pool_name: 'pool', job_variables: { cpus: 2 }, enforce_parameter_schema: false })
    expect({ status, warnings: body.aedile_warnings }).toEqual({ status: 201, warnings })
    expect((await read(body.id)).aedile_warnings).toEqual(warnings)
    const made = await run(body.id, { job_variables: { command: 'x', cpus: 3 } })
    expect(made).toMatchObject({ status: 201, body: { aedile_warnings: warnings } })
    expect((await run(body.id, { job_variables: { command: 'x' } })).body).not.toHaveProperty('aedile_warnings')
  })

  test('whose run lacks a variable is refused in the words of a genuine server; beside them stands what was misspelt', async () => {
    await createPool()
    const { body } = await create({ work_pool_name: 'pool', enforce_parameter_schema: false })
    expect(await run(body.id, { job_variables: { comand: 'x' } })).toMatchObject({
      status: 422,
      body: {
        detail: "Error creating flow run: Validation failed. Failure reason: 'command' is a required property",
        aedile_warnings: [{ pointer: '/comand', nearest: 'command' }],
      },
    })
  })

  test('has its job variables checked against the pool: 422 when made, 409 when changed; null keeps, {} clears', async () => {
    await createPool()
    const refused = await create({ work_pool_name: 'pool', job_variables: { cpu: 'many' } })
    expect(refused).toMatchObject({ status: 422 })
    expect(refused.body.detail).toContain("Error creating deployment: Validation failed for field 'cpu'. Failure reason: 'many'")
    const { body } = await create({ work_pool_name: 'pool', job_variables: { cpu: 2 }, enforce_parameter_schema: false })
    const patch = (job_variables: unknown) =>
      api.call('PATCH', `/deployments/${body.id}`, { work_pool_name: 'pool', job_variables })
    expect((await patch({ cpu: 'many' })).status).toBe(409)
    expect((await patch(null)).status).toBe(204)
    expect((await read(body.id)).job_variables).toEqual({ cpu: 2 })
    await patch({})
    expect((await read(body.id)).job_variables).toEqual({})
  })

  test('has its parameters checked: when made only if the body says so, when changed against what holds then', async () => {
    const wrong = { parameter_openapi_schema: SCHEMA, parameters: { times: 'often' } }
    expect((await create({ ...wrong, enforce_parameter_schema: true })).status).toBe(422)
    expect((await create({ ...wrong, name: 'lax', enforce_parameter_schema: false })).status).toBe(201)
    const { body } = await create({ parameter_openapi_schema: SCHEMA, enforce_parameter_schema: true })
    const patch = (change: object) => api.call('PATCH', `/deployments/${body.id}`, change)
    expect(await patch({ parameters: { times: 'often' } })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("Error updating deployment: Validation failed for field 'times'.") },
    })
    expect((await patch({ parameters: { times: 'often' }, enforce_parameter_schema: false })).status).toBe(204)
    expect((await patch({ parameters: { a: { __prefect_kind: 'json', value: '{' } } })).status).toBe(400)
    expect((await create({ name: 'no', parameter_openapi_schema: { type: 'nonsense' } })).status).toBe(422)
  })

  test('has a limit of its own that null takes away, or links a global one', async () => {
    const { body } = await create({ concurrency_limit: 2, concurrency_options: { collision_strategy: 'CANCEL_NEW' } })
    expect(body).toMatchObject({
      concurrency_limit: null,
      global_concurrency_limit: { name: `deployment:${body.id}`, limit: 2, active: true },
      concurrency_options: { collision_strategy: 'CANCEL_NEW' },
    })
    const patch = (change: object) => api.call('PATCH', `/deployments/${body.id}`, { enforce_parameter_schema: false, ...change })
    await patch({ concurrency_limit: 5 })
    expect((await read(body.id)).global_concurrency_limit).toMatchObject({ id: body.global_concurrency_limit.id, limit: 5 })
    await patch({ concurrency_limit: null })
    expect((await read(body.id)).global_concurrency_limit).toBeNull()
    expect((await api.call('GET', `/v2/concurrency_limits/deployment:${body.id}`)).status).toBe(404)
    const global = await api.call('POST', '/v2/concurrency_limits/', { name: 'shared', limit: 9 })
    expect((await patch({ global_concurrency_limit_id: global.body.id, concurrency_limit: 1 })).status).toBe(422)
    expect((await patch({ global_concurrency_limit_id: global.body.id })).status).toBe(204)
    expect((await read(body.id)).global_concurrency_limit).toMatchObject({ name: 'shared' })
    expect((await create({ name: 'zero', concurrency_limit: 0 })).status).toBe(422)
  })

  test('is found by related filters and pages', async () => {
    await createPool()
    await create({ name: 'one', work_pool_name: 'pool', tags: ['a'] })
    await create({ name: 'two' })
    const names = async (body: object) =>
      (await api.call('POST', '/deployments/filter', body)).body.map(({ name }: { name: string }) => name)
    expect(await names({ flows: null, limit: null, offset: null, sort: null, whatever: 1 })).toEqual(['one', 'two'])
    expect(await names({ work_pools: { operator: 'and_', id: null, name: { any_: ['pool'] }, type: null } })).toEqual(['one'])
    expect(await names({ deployments: { tags: { all_: ['a'] } } })).toEqual(['one'])
    const page = await api.call('POST', '/deployments/paginate', { limit: 1, page: 2 })
    expect(page.body).toMatchObject({ count: 2, pages: 2, page: 2, results: [{ name: 'two' }] })
    expect((await api.call('POST', '/deployments/filter', { limit: 201 })).status).toBe(422)
  })

  test('is unknown with these words', async () => {
    const id = '00000000-0000-4000-8000-000000000000'
    expect((await api.call('GET', `/deployments/${id}`)).body.detail).toBe('Deployment not found')
    expect((await api.call('PATCH', `/deployments/${id}`, {})).body.detail).toBe('Deployment not found.')
    expect((await api.call('GET', '/deployments/nonsense')).body.detail).toBe('Not Found')
    expect((await create({ flow_id: id })).status).toBe(409)
    expect((await create({ colour: 'red' })).status).toBe(422)
  })
})

describe('the schedules of a deployment', () => {
  const slugs = async (id: string) =>
    (await read(id)).schedules.map(({ slug, active }: { slug: string; active: boolean }) => `${slug} ${active}`).sort()

  test('with slugs are changed by slug, and never cleared by an empty list', async () => {
    const { body } = await create({
      enforce_parameter_schema: false,
      schedules: [
        { schedule: DAILY, slug: 'a' },
        { schedule: DAILY, slug: 'b' },
      ],
    })
    const patch = (schedules: unknown) => api.call('PATCH', `/deployments/${body.id}`, { schedules })
    expect((await patch([])).status).toBe(204)
    expect(
      (
        await patch([
          { slug: 'a', active: false },
          { slug: 'c', schedule: DAILY },
        ])
      ).status,
    ).toBe(204)
    expect(await slugs(body.id)).toEqual(['a false', 'b true', 'c true'])
    expect((await patch([{ schedule: DAILY }])).body.detail).toContain('Please provide a slug')
    expect((await patch([{ slug: 'd' }])).body.detail).toContain('Unable to create new deployment schedules')
    expect((await patch([{ slug: 'b', replaces: 'a', schedule: DAILY }])).body.detail).toContain(
      "Cannot rename schedule from 'a' to 'b'",
    )
    expect(
      (
        await patch([
          { slug: 'b', replaces: 'a' },
          { slug: 'a', replaces: 'b' },
        ])
      ).status,
    ).toBe(204)
    expect(await slugs(body.id)).toEqual(['a true', 'b false', 'c true'])
  })

  test('without slugs are replaced by the list', async () => {
    const { body } = await create({ enforce_parameter_schema: false, schedules: [{ schedule: DAILY }, { schedule: DAILY }] })
    await api.call('PATCH', `/deployments/${body.id}`, { schedules: [{ schedule: DAILY, slug: 'only' }, { active: false }] })
    expect(await slugs(body.id)).toEqual(['only true'])
    await api.call('PATCH', `/deployments/${body.id}`, { description: 'kept' })
    expect(await slugs(body.id)).toEqual(['only true'])
  })

  test('can be added, changed and removed one by one', async () => {
    const { body } = await create()
    const added = await api.call('POST', `/deployments/${body.id}/schedules`, [{ schedule: { interval: 60 }, slug: 'x' }])
    expect(added).toMatchObject({ status: 201, body: [{ slug: 'x', schedule: { interval: 60, timezone: 'UTC' } }] })
    const path = `/deployments/${body.id}/schedules/${added.body[0].id}`
    expect((await api.call('POST', `/deployments/${body.id}/schedules`, [{ schedule: DAILY, slug: 'x' }])).status).toBe(409)
    expect((await api.call('PATCH', path, { active: false })).status).toBe(204)
    expect((await api.call('GET', `/deployments/${body.id}/schedules`)).body).toMatchObject([
      { active: false, schedule: { interval: 60 } },
    ])
    expect((await api.call('DELETE', path)).status).toBe(204)
    expect((await api.call('DELETE', path)).body.detail).toBe('Schedule not found.')
  })
})

describe('a run of a deployment', () => {
  test('has the parameters, tags and queue of its deployment under its own', async () => {
    await createPool()
    await api.call('POST', '/variables/', { name: 'city', value: 'Rome' })
    const { body } = await create({
      parameters: { name: 'x', times: 2 },
      parameter_openapi_schema: SCHEMA,
      tags: ['a'],
      version: 'v1',
      work_pool_name: 'pool',
      job_variables: { command: 'true' },
    })
    const made = await run(body.id, {
      parameters: { name: { __prefect_kind: 'workspace_variable', variable_name: 'city' } },
      tags: ['b', 'a'],
    })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      parameters: { name: 'Rome', times: 2 },
      tags: ['a', 'b'],
      state: { type: 'SCHEDULED', name: 'Scheduled' },
      deployment_version: 'v1',
      work_pool_name: 'pool',
      work_queue_name: 'default',
      labels: { 'prefect.flow.id': flowId, 'prefect.deployment.id': body.id },
    })
    const polled = await api.call('POST', '/work_pools/pool/get_scheduled_flow_runs', {
      work_queue_names: [],
      scheduled_before: '2099-08-01 12:00:10.123456+00:00',
    })
    expect(polled.body).toMatchObject([{ flow_run: { id: made.body.id, state: null, state_type: 'SCHEDULED' } }])
    await api.call('PATCH', '/work_pools/pool', { is_paused: true })
    expect((await api.call('POST', '/work_pools/pool/get_scheduled_flow_runs', {})).body).toEqual([])
    expect((await api.call('POST', '/deployments/get_scheduled_flow_runs', { deployment_ids: [body.id] })).body).toMatchObject([
      { id: made.body.id, state: { name: 'Scheduled' } },
    ])
  })

  test('is refused when its parameters, job variables or queue do not hold', async () => {
    await createPool()
    const { body } = await create({ parameter_openapi_schema: SCHEMA, work_pool_name: 'pool' })
    expect(await run(body.id)).toMatchObject({
      status: 409,
      body: { detail: "Error creating flow run: Validation failed. Failure reason: 'name' is a required property" },
    })
    const parameters = { name: 'x' }
    expect((await run(body.id, { parameters })).body.detail).toBe(
      "Error creating flow run: Validation failed. Failure reason: 'command' is a required property",
    )
    expect((await run(body.id, { parameters, job_variables: { command: 'true' } })).status).toBe(201)
    expect(
      (await run(body.id, { parameters: {}, enforce_parameter_schema: false, job_variables: { command: 'x' } })).status,
    ).toBe(201)
    expect((await run(body.id, { parameters: { name: 'x'.repeat(600_000) } })).status).toBe(422)
    const served = await create({ name: 'served', parameter_openapi_schema: SCHEMA })
    expect((await run(served.body.id, { parameters, work_queue_name: 'fast' })).status).toBe(400)
    const unschemed = await create({ name: 'unschemed', parameter_openapi_schema: null })
    expect((await run(unschemed.body.id)).status).toBe(409)
  })

  test('keeps its idempotency key to itself', async () => {
    const { body } = await create({ enforce_parameter_schema: false })
    const first = await run(body.id, { idempotency_key: 'k' })
    expect(await run(body.id, { idempotency_key: 'k', parameters: { other: 1 } })).toMatchObject({
      status: 200,
      body: { id: first.body.id, parameters: {} },
    })
  })

  test('in bulk is accepted or refused by itself', async () => {
    const { body } = await create({ parameter_openapi_schema: SCHEMA })
    const { body: answer } = await api.call('POST', `/deployments/${body.id}/create_flow_run/bulk`, [
      { parameters: { name: 'x' } },
      {},
    ])
    expect(answer.results).toMatchObject([
      { status: 'CREATED', error: null },
      { status: 'FAILED', flow_run_id: null, error: expect.stringContaining('required property') },
    ])
  })
})
