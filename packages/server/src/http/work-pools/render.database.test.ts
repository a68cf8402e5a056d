import { shedDefinition } from '@aedile/core/rendering/testing/shed-definition'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../../testing/api.ts'
import { installSystemBlocks } from '../blocks/install-system-blocks.ts'

let api: TestApi
let deployment: { id: string }
beforeEach(async () => {
  api = await openTestApi({}, { definitions: [shedDefinition] })
  await api.call('POST', '/work_pools/', { name: 'pool', type: 'shed', base_job_template: shedDefinition.defaultBaseJobTemplate })
  const flow = await api.call('POST', '/flows/', { name: 'etl' })
  const made = await api.call('POST', '/deployments/', {
    name: 'nightly',
    flow_id: flow.body.id,
    work_pool_name: 'pool',
    job_variables: { image: 'etl:2', env: { A: '1', B: '2' } },
  })
  deployment = made.body
})
afterEach(() => api.close())

const render = (body: object = {}, pool = 'pool') => api.call('POST', `/work_pools/${pool}/render`, body)

async function saveSecret(name: string, value: unknown) {
  await installSystemBlocks(api.workspace.store)
  const { body: type } = await api.call('GET', '/block_types/slug/secret')
  const schemas = await api.call('POST', '/block_schemas/filter', { block_schemas: { block_type_id: { any_: [type.id] } } })
  const block = { name, data: { value }, block_schema_id: schemas.body[0].id, block_type_id: type.id }
  return (await api.call('POST', '/block_documents/', block)).body.id as string
}

describe('rendering a pool', () => {
  test('says what would be created, what stands for what is not known yet, and that facts were assumed', async () => {
    const { status, body } = await render()
    expect(status).toBe(200)
    expect(body.request).toMatchObject({
      name: '<attempt>',
      image: 'shed:1',
      version: '7',
      env: { PREFECT_API_URL: '<worker>', PREFECT__FLOW_RUN_ID: '<flow-run-id>', AEDILE_ATTEMPT: '<attempt>' },
      labels: { 'prefect.io/worker-name': '<worker>', 'prefect.io/work-pool-name': 'pool' },
    })
    expect(body.configuration.env).not.toHaveProperty('PREFECT__WORKER_ID')
    expect(body.facts).toEqual({ values: { id: 'shed-1', version: '7' }, assumed: true })
    expect(body).not.toHaveProperty('origins')
    expect((await render({ facts: { version: '8' } })).body).toMatchObject({
      request: { version: '8' },
      facts: { values: { version: '8' }, assumed: false },
    })
  })

  test('lays deployment, run and the given job variables over each other, and tells the origin of each leaf', async () => {
    const run = await api.call('POST', `/deployments/${deployment.id}/create_flow_run`, { job_variables: { env: { B: '3' } } })
    const { body } = await render({ flow_run_id: run.body.id, job_variables: { env: { C: '4' }, imge: 'x' }, explain: true })
    expect(body.configuration).toMatchObject({
      image: 'etl:2',
      env: { A: '1', B: '3', C: '4', PREFECT__FLOW_RUN_ID: run.body.id },
      labels: { 'prefect.io/flow-name': 'etl', 'prefect.io/deployment-name': 'nightly' },
    })
    const { request } = body.origins
    expect(request['/image']).toMatchObject({ layer: 'deployment', path: '/image' })
    expect(request['/env/A']).toMatchObject({ layer: 'deployment' })
    expect(request['/env/B']).toMatchObject({ layer: 'flow-run' })
    expect(request['/env/PREFECT_API_URL']).toEqual({ layer: 'worker', path: '/settings/PREFECT_API_URL' })
    expect(body.warnings).toMatchObject([{ kind: 'unknown-variable', message: expect.stringContaining('Did you mean image?') }])
    expect(body.dropped).toMatchObject([{ pointer: '/command' }, { pointer: '/password' }, { pointer: '/name' }])
    const other = await render({ flow_run_id: run.body.id, deployment_id: run.body.id })
    expect(other).toMatchObject({ status: 422, body: { detail: expect.stringContaining('Name one of them') } })
  })

  test('creates nothing, and leaves no event', async () => {
    const before = await api.outboxEvents()
    const runs = () => api.call('POST', '/flow_runs/count', {})
    const count = (await runs()).body
    await render({ deployment_id: deployment.id })
    expect((await runs()).body).toBe(count)
    expect(await api.outboxEvents()).toEqual(before)
  })

  test('renders with another template in place of the stored one', async () => {
    const { base_job_template: stored } = (await api.call('GET', '/work_pools/pool')).body
    const fixed = { ...stored, job_configuration: { ...stored.job_configuration, image: 'fixed:{{ image }}' } }
    expect((await render({ base_job_template: fixed })).body.request.image).toBe('fixed:shed:1')
    expect((await render({ base_job_template: 'default' })).body.request.image).toBe('shed:1')
    expect(await render({ base_job_template: 'extended' })).toMatchObject({ status: 422, body: { code: 'template_invalid' } })
    expect((await render()).body.request.image).toBe('shed:1')
  })

  test('prints numbers inside a text as they were written', async () => {
    const text =
      '{"job_variables": {"image": 2.50, "env": {"A": 1.0}}, "base_job_template": {"job_configuration": {"image": "i:{{ image }}", "env": "{{ env }}"}, "variables": {"properties": {"image": {}, "env": {}}}}}'
    const headers = { 'content-type': 'application/json' }
    const answer = await api.app.inject({ method: 'POST', url: '/api/work_pools/pool/render', headers, payload: text })
    expect(answer.json().configuration).toMatchObject({ image: 'i:2.5', env: { A: '1.0' } })
  })

  test('renders an empty template as a worker that fills it would', async () => {
    await api.call('POST', '/work_pools/', { name: 'empty', type: 'shed' })
    expect((await render({}, 'empty')).body.request.image).toBe('shed:1')
  })
})

describe('secrets of a rendering are masked', () => {
  const SECRET = 'tr0ub4dor'
  const job = (variables: object) => render({ job_variables: variables, explain: true })

  test('of blocks: alone, inside a text, by id, and in what is derived from them', async () => {
    const id = await saveSecret('db', SECRET)
    const { body } = await job({
      image: '{{ prefect.blocks.secret.db }}',
      password: '{{ prefect.blocks.secret.db }}',
      env: { URL: 'postgres://me:{{ prefect.blocks.secret.db }}@host', REF: { $ref: { block_document_id: id } } },
    })
    expect(JSON.stringify(body)).not.toContain(SECRET)
    expect(JSON.stringify(body)).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 10))
    expect(body).not.toHaveProperty('detail')
    expect(body.request).toMatchObject({ image: '********', env: { URL: 'postgres://me:********@host' } })
    expect(body.request.auth).toBe(Buffer.from('user:********').toString('base64'))
    expect(body.origins.request['/image']).toMatchObject({ through: ['{{ image }}', '{{ prefect.blocks.secret.db }}'] })
  })

  test('of the type, and of settings that are secret, wherever a job sets them', async () => {
    const headers = JSON.stringify({ 'X-Key': SECRET })
    const env = { PREFECT_API_KEY: SECRET, AEDILE_SERVER_AUTH_STRING: SECRET, PREFECT_CLIENT_CUSTOM_HEADERS: headers }
    const { body } = await job({ password: SECRET, env, image: 'shed:1' })
    expect(JSON.stringify(body)).not.toContain(SECRET)
    expect(body.configuration).toMatchObject({ password: '********', env: { PREFECT_API_KEY: '********' } })
    expect(JSON.parse(body.request.env.PREFECT_CLIENT_CUSTOM_HEADERS)).toEqual({
      'X-Key': '********',
      'X-Aedile-Attempt': '<attempt>',
    })
  })
})

describe('a named worker', () => {
  const beat = (body: object) => api.call('POST', '/work_pools/pool/workers/heartbeat', body)

  test('brings its name, and the names of its settings without their values', async () => {
    await beat({ name: 'w1', setting_names: ['PREFECT_API_KEY', 'PREFECT_API_URL'] })
    await beat({ name: 'w1' })
    const { body } = await render({ worker_name: 'w1', explain: true })
    expect(body.configuration.labels['prefect.io/worker-name']).toBe('w1')
    expect(body.configuration.env).toMatchObject({ PREFECT_API_KEY: '<worker>', PREFECT_API_URL: '<worker>' })
    expect(body.origins.configuration['/env/PREFECT_API_KEY']).toMatchObject({ layer: 'worker' })
    const { body: workers } = await api.call('POST', '/work_pools/pool/workers/filter', {})
    expect(workers[0]).not.toHaveProperty('setting_names')
  })

  test('that told nothing exports the address of its API; one that is unknown is refused with the nearest name', async () => {
    await beat({ name: 'genuine' })
    expect((await render({ worker_name: 'genuine' })).body.configuration.env).toMatchObject({ PREFECT_API_URL: '<worker>' })
    expect(await render({ worker_name: 'genuin' })).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('Did you mean genuine?') },
    })
  })
})

describe('what cannot be rendered', () => {
  test.each([
    ['a pool that does not exist', {}, 404, 'other', 'Work pool "other" not found.'],
    ['a run that does not exist', { flow_run_id: '6e2b9e4a-5f0c-4b35-8a0b-0d8b3c0e7f11' }, 404, 'pool', 'Flow run not found'],
    ['a block that does not exist', { job_variables: { image: '{{ prefect.blocks.secret.no }}' } }, 422, 'pool', /secret\/no/],
    ['labels that are no texts', { base_job_template: template({ labels: { a: 1 } }) }, 422, 'pool', /\/labels\/a/],
  ])('%s', async (_, body, status, pool, detail) => {
    const answer = await render(body, pool)
    expect(answer.status).toBe(status)
    expect(answer.body.detail).toMatch(detail)
    if (status === 422) expect(answer.body).toMatchObject({ code: expect.any(String), pointers: expect.any(Array) })
  })

  test('is not a template with a pattern that other engines never end with: it is a warning at once', async () => {
    const image = { type: 'string', pattern: '^(a+)+$' }
    const body = { base_job_template: template({}, { image }), job_variables: { image: `${'a'.repeat(40)}!` } }
    expect(await render(body)).toMatchObject({
      status: 200,
      body: { warnings: [{ kind: 'unreferenced-variable' }, { kind: 'ill-typed-variable', pointer: '/image' }] },
    })
  })

  test('is refused when the body has a key that is not known', async () => {
    expect(await render({ deployment: deployment.id })).toMatchObject({ status: 422 })
  })

  test('is a pool of a type that this server does not know', async () => {
    await api.call('POST', '/work_pools/', { name: 'barn', type: 'barn' })
    expect(await render({}, 'barn')).toMatchObject({ status: 422, body: { code: 'infrastructure_type_unknown' } })
  })
})

function template(configuration: object, properties: object = {}) {
  return { job_configuration: { image: 'x', ...configuration }, variables: { type: 'object', properties } }
}
