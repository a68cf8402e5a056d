import { nowMicroseconds } from '@aedile/core/time'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StatusKeeper } from '../../services/status-keeper.ts'
import { openTestApi, type TestApi } from '../../testing/api.ts'

const TEMPLATE = {
  job_configuration: { command: '{{ command }}', limits: { cpu: '{{ cpu }}' } },
  variables: {
    type: 'object',
    required: ['command'],
    properties: { command: { type: 'string' }, cpu: { type: 'integer', default: 1 } },
  },
}

let api: TestApi
beforeEach(async () => {
  api = await openTestApi()
})
afterEach(() => api.close())

const createPool = (body: object = {}) => api.call('POST', '/work_pools/', { name: 'pool', type: 'process', ...body })

describe('a work pool', () => {
  test('is made with its default queue, and tells so', async () => {
    const { status, body } = await createPool({ base_job_template: TEMPLATE, concurrency_limit: 3 })
    expect(status).toBe(201)
    expect(body).toMatchObject({ name: 'pool', status: 'NOT_READY', active_slots: 0, base_job_template: TEMPLATE })
    const queue = await api.call('GET', '/work_pools/pool/queues/default')
    expect(queue.body).toMatchObject({ id: body.default_queue_id, priority: 1, work_pool_name: 'pool', status: 'NOT_READY' })
    expect(await api.outboxEvents()).toEqual([
      'prefect.work-queue.created',
      'prefect.work-pool.created',
      'prefect.work-pool.not-ready',
    ])
  })

  test('has a name of its own, which is not reserved', async () => {
    await createPool()
    expect(await createPool()).toMatchObject({ status: 409, body: { detail: 'A work pool with this name already exists.' } })
    expect((await createPool({ name: 'Prefect-mine' })).status).toBe(403)
    expect(await api.call('GET', '/work_pools/other')).toMatchObject({
      status: 404,
      body: { detail: 'Work pool "other" not found.' },
    })
  })

  test.each([
    ['half a template', { job_configuration: { a: 1 } }, 'must contain both'],
    [
      'a template with an undeclared variable',
      { ...TEMPLATE, job_configuration: { x: 'a {{ nope }}' } },
      'undeclared variable(s): nope',
    ],
  ])('refuses %s', async (_, base_job_template, message) => {
    const { status, body } = await createPool({ base_job_template })
    expect(status).toBe(422)
    expect(body.exception_detail[0].msg).toContain(message)
    expect((await api.call('GET', '/work_pools/pool')).status).toBe(404)
  })

  test('refuses a default that breaks its own schema, and leaves nothing behind', async () => {
    const properties = { ...TEMPLATE.variables.properties, cpu: { type: 'integer', default: 'many' } }
    const { status, body } = await createPool({
      base_job_template: { ...TEMPLATE, variables: { ...TEMPLATE.variables, properties } },
    })
    expect(status).toBe(422)
    expect(body.detail).toContain("Validation failed for work pool's job variable defaults: Validation failed for field 'cpu'.")
    expect((await api.call('GET', '/work_pools/pool')).status).toBe(404)
  })

  const misspelt = { ...TEMPLATE, job_configuration: { ...TEMPLATE.job_configuration, a: '{{ cpu | upper }}' } }
  const unused = { ...misspelt, variables: { ...TEMPLATE.variables, properties: { ...TEMPLATE.variables.properties, cpus: {} } } }

  test('is refused under ?lint=strict for all that is wrong with its template, with pointers and nearest names', async () => {
    const { status, body } = await api.call('POST', '/work_pools/?lint=strict', {
      name: 'pool',
      type: 'process',
      base_job_template: { ...unused, job_configuration: { ...unused.job_configuration, b: ['{{ comand }}'] } },
    })
    expect(status).toBe(422)
    const places = body.exception_detail.map(({ loc, input, ctx }: Record<string, unknown>) => ({ loc, input, ctx }))
    const place = (code: string, severity: string, path: (string | number)[], nearest: string | null) => ({
      loc: ['body', 'base_job_template', ...path.map(String)],
      input: expect.anything(),
      ctx: { code, severity, pointer: `/${path.join('/')}`, nearest },
    })
    expect(places).toEqual([
      place('placeholder-malformed', 'warning', ['job_configuration', 'a'], 'cpu'),
      place('placeholder-undeclared', 'error', ['job_configuration', 'b', 0], 'command'),
      place('variable-unreferenced', 'warning', ['variables', 'properties', 'cpus'], null),
    ])
    expect((await api.call('GET', '/work_pools/pool')).status).toBe(404)
    expect((await api.call('POST', '/work_pools/?lint=strickt', { name: 'pool', type: 'process' })).status).toBe(422)
  })

  test('is saved without it as a genuine server would, and shows the findings wherever it is shown; an edited one is accepted (row 126)', async () => {
    const findings = [{ code: 'placeholder-malformed' }, { code: 'variable-unreferenced', nearest: null, severity: 'warning' }]
    const created = await createPool({ base_job_template: unused })
    expect(created).toMatchObject({ status: 201, body: { aedile_warnings: findings } })
    expect((await api.call('GET', '/work_pools/pool')).body).toMatchObject({ aedile_warnings: findings })
    expect((await api.call('POST', '/work_pools/filter', {})).body).toMatchObject([{ aedile_warnings: findings }])
    const page = await api.app.inject({ method: 'GET', url: '/' })
    expect(page.body).toContain('2 warnings')
    expect((await api.call('PATCH', '/work_pools/pool?lint=strict', { base_job_template: unused })).status).toBe(422)
    expect((await api.call('PATCH', '/work_pools/pool?lint=strict', { base_job_template: TEMPLATE })).status).toBe(204)
    expect((await api.call('GET', '/work_pools/pool')).body).not.toHaveProperty('aedile_warnings')
  })

  test('is ready from a heartbeat until its last worker is silent; pauses survive both', async () => {
    await createPool()
    const beat = () => api.call('POST', '/work_pools/pool/workers/heartbeat', { name: 'w', heartbeat_interval_seconds: 1 })
    expect((await beat()).status).toBe(204)
    expect((await api.call('GET', '/work_pools/pool')).body.status).toBe('READY')
    expect((await api.call('POST', '/work_pools/pool/workers/filter', { workers: null, limit: null })).body).toMatchObject([
      { name: 'w', status: 'ONLINE' },
    ])
    await forgetHeartbeats()
    await new StatusKeeper(api.workspace).runOnce(AbortSignal.timeout(10_000))
    expect((await api.call('GET', '/work_pools/pool')).body.status).toBe('NOT_READY')
    await api.call('PATCH', '/work_pools/pool', { is_paused: true })
    await beat()
    expect((await api.call('GET', '/work_pools/pool')).body.status).toBe('PAUSED')
    await api.call('PATCH', '/work_pools/pool', { is_paused: false })
    expect((await api.call('GET', '/work_pools/pool')).body.status).toBe('READY')
    expect((await api.outboxEvents()).slice(3)).toEqual([
      'prefect.work-pool.ready',
      'prefect.work-pool.not-ready',
      'prefect.work-pool.paused',
      'prefect.work-pool.ready',
    ])
  })

  test('is found by filters, whose unknown keys are refused and unknown neighbours ignored', async () => {
    await createPool()
    await createPool({ name: 'another' })
    const names = async (body: object) =>
      (await api.call('POST', '/work_pools/filter', body)).body.map(({ name }: { name: string }) => name)
    expect(await names({ limit: null, offset: 0, work_pools: null, whatever: 1 })).toEqual(['another', 'pool'])
    expect(await names({ work_pools: { name: { any_: ['pool'] } } })).toEqual(['pool'])
    expect((await api.call('POST', '/work_pools/filter', { work_pools: { colour: 1 } })).status).toBe(422)
    expect((await api.call('POST', '/work_pools/count', {})).body).toBe(2)
  })

  test('takes its queues and workers along when it is deleted', async () => {
    await createPool()
    await api.call('POST', '/work_pools/pool/workers/heartbeat', { name: 'w' })
    expect((await api.call('DELETE', '/work_pools/pool')).status).toBe(204)
    expect((await api.call('POST', '/work_pools/pool/get_scheduled_flow_runs', {})).status).toBe(404)
    expect(await api.workspace.store.db.selectFrom('worker').selectAll().execute()).toEqual([])
  })
})

describe('a work queue', () => {
  beforeEach(() => createPool())
  const priorities = async () => {
    const { body } = await api.call('POST', '/work_pools/pool/queues/filter', {})
    return body.map(({ name, priority }: { name: string; priority: number }) => `${name} ${priority}`)
  }

  test('gets the first free priority, or moves those at the one it asks for', async () => {
    await api.call('POST', '/work_pools/pool/queues', { name: 'b' })
    await api.call('POST', '/work_pools/pool/queues', { name: 'a', priority: 1 })
    expect(await priorities()).toEqual(['a 1', 'default 2', 'b 3'])
    await api.call('PATCH', '/work_pools/pool/queues/b', { priority: 1, concurrency_limit: 2 })
    expect((await api.call('GET', '/work_pools/pool/queues/b')).body).toMatchObject({ concurrency_limit: 2, active_slots: 0 })
    expect(await priorities()).toEqual(['b 1', 'a 2', 'default 3'])
  })

  test('is refused twice under one name, and as the default queue not deleted', async () => {
    expect((await api.call('POST', '/work_pools/pool/queues', { name: 'default' })).status).toBe(409)
    expect((await api.call('DELETE', '/work_pools/pool/queues/default')).status).toBe(409)
    expect((await api.call('GET', '/work_pools/pool/queues/nope')).body.detail).toBe("Work pool queue 'pool/nope' not found.")
    expect((await api.call('PATCH', '/work_pools/pool/queues/default', { status: 'READY' })).status).toBe(422)
  })

  test('by its id alone belongs to the agent pool', async () => {
    const { body, status } = await api.call('POST', '/work_queues/', { name: 'old' })
    expect({ status, pool: body.work_pool_name }).toEqual({ status: 201, pool: 'default-agent-pool' })
    expect((await api.call('GET', '/work_queues/name/old', undefined, { 'x-prefect-ui': 'true' })).body.id).toBe(body.id)
    expect((await api.call('GET', `/work_queues/${body.id}/status`)).body).toMatchObject({ healthy: false, late_runs_count: 0 })
    expect((await api.call('POST', `/work_queues/${body.id}/get_runs`, { limit: 5 })).body).toEqual([])
  })
})

/** As if the last heartbeat were an hour ago. */
async function forgetHeartbeats() {
  const before = nowMicroseconds() - 3_600_000_000
  await api.workspace.store.write(({ db }) => db.updateTable('worker').set({ last_heartbeat_time: before }).execute())
}
