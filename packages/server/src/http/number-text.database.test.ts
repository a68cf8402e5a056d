import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../testing/api.ts'
import { installSystemBlocks } from './blocks/install-system-blocks.ts'

let api: TestApi
beforeEach(async () => {
  api = await openTestApi()
})
afterEach(() => api.close())

/** Sends a body as text, so that its numbers reach the server as they are written here, and gives the answer as text. */
async function send(method: 'GET' | 'POST' | 'PATCH', path: string, payload?: string): Promise<string> {
  const headers = payload === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await api.app.inject({ method, url: `/api${path}`, headers, ...(payload === undefined ? {} : { payload }) })
  expect(answer.statusCode, answer.body).toBeLessThan(300)
  return answer.body
}

const NUMBERS = '{"a":1.0,"b":[12345678901234567890,{"c":2.50}],"d":7}'

describe('the numbers that templates are rendered from are stored and answered as they were written', () => {
  test('of a base job template', async () => {
    const template = `{"job_configuration":{"env":{"A":1.0}},"variables":{"type":"object","properties":{"x":{"default":2.0,"type":"number"}}}}`
    await send('POST', '/work_pools/', `{"name":"p","type":"process","base_job_template":${template}}`)
    expect(await send('GET', '/work_pools/p')).toContain(`"base_job_template":${template}`)
    const changed = template.replace('2.0', '3.00')
    await send('PATCH', '/work_pools/p', `{"base_job_template":${changed}}`)
    expect(await send('GET', '/work_pools/p')).toContain(`"base_job_template":${changed}`)
  })

  test('of job variables of deployments and runs, which are still checked against the schema', async () => {
    const flow = JSON.parse(await send('POST', '/flows/', '{"name":"f"}'))
    const schema = '{"type":"object","properties":{"a":{"type":"integer"},"b":{},"d":{"maximum":7}}}'
    const template = `{"job_configuration":{"command":"{{ a }}"},"variables":${schema}}`
    await send('POST', '/work_pools/', `{"name":"p","type":"process","base_job_template":${template}}`)
    const deployment = `{"name":"d","flow_id":"${flow.id}","work_pool_name":"p","job_variables":${NUMBERS}}`
    const { id } = JSON.parse(await send('POST', '/deployments/', deployment))
    expect(await send('GET', `/deployments/${id}`)).toContain(`"job_variables":${NUMBERS}`)
    await send('PATCH', `/deployments/${id}`, '{"job_variables":{"a":4.0}}')
    expect(await send('GET', `/deployments/${id}`)).toContain('"job_variables":{"a":4.0}')

    const created = await send('POST', `/deployments/${id}/create_flow_run`, `{"job_variables":${NUMBERS}}`)
    const run = JSON.parse(created)
    expect(await send('GET', `/flow_runs/${run.id}`)).toContain(`"job_variables":${NUMBERS}`)
    await send('PATCH', `/flow_runs/${run.id}`, '{"job_variables":{"a":5.0}}')
    expect(await send('GET', `/flow_runs/${run.id}`)).toContain('"job_variables":{"a":5.0}')
    const refused = await api.call('POST', `/deployments/${id}/create_flow_run`, { job_variables: { a: 1.5 } })
    expect(refused.status).toBe(422)
    expect(refused.body.detail).toContain('1.5 is not')
  })

  test('of variables, also of a bare number', async () => {
    await send('POST', '/variables/', `{"name":"mapping","value":${NUMBERS}}`)
    await send('POST', '/variables/', '{"name":"bare","value":1.0}')
    expect(await send('GET', '/variables/name/mapping')).toContain(`"value":${NUMBERS}`)
    expect(await send('GET', '/variables/name/bare')).toContain('"value":1.0')
    await send('PATCH', '/variables/name/bare', '{"value":2.0}')
    expect(await send('POST', '/variables/filter', '{}')).toContain('"value":2.0')
  })

  test('of blocks; a masked one stays masked', async () => {
    await installSystemBlocks(api.workspace.store)
    const { body: type } = await api.call('GET', '/block_types/slug/secret')
    const schemas = await api.call('POST', '/block_schemas/filter', { block_schemas: { block_type_id: { any_: [type.id] } } })
    const ids = `"block_schema_id":"${schemas.body[0].id}","block_type_id":"${type.id}"`
    const { id } = JSON.parse(await send('POST', '/block_documents/', `{"name":"b","data":{"value":1.0,"other":2.0},${ids}}`))
    expect(await send('GET', `/block_documents/${id}?include_secrets=true`)).toContain('"data":{"value":1.0,"other":2.0}')
    expect(await send('GET', `/block_documents/${id}`)).toContain('"data":{"value":"********","other":2.0}')
    await send('PATCH', `/block_documents/${id}`, '{"data":{"value":"********","more":3.0},"merge_existing_data":true}')
    const merged = await send('GET', `/block_documents/${id}?include_secrets=true`)
    expect(merged).toContain('"data":{"value":1.0,"other":2.0,"more":3.0}')
  })
})
