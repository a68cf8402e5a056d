import type { JsonObject } from '@aedile/core/json'
import { describe, expect, it } from 'vitest'
import { at, bodyOf, render as renderType, withField } from '../testing/render.ts'
import { cloudRunV2Definition } from './definition.ts'

const template = cloudRunV2Definition.defaultBaseJobTemplate
const TASK = '/template/template'
const CONTAINER = `${TASK}/containers/0`
const render = (variables: JsonObject = {}, options: Parameters<typeof renderType>[2] = {}) =>
  renderType(cloudRunV2Definition, variables, options)
const bodyWith = async (...given: Parameters<typeof render>) => bodyOf(await render(...given))

describe('the environment (E.2)', () => {
  it("stands behind the container's own", async () => {
    const own = withField(template, `/job_body${CONTAINER}/env`, [{ name: 'OWN', value: 'x' }])
    const env = at(await bodyWith({ env: { A: '1' } }, { template: own }), `${CONTAINER}/env`) as { name: string }[]
    expect([env[0]!.name, env.at(-1)!.name]).toEqual(['OWN', 'A'])
  })

  it('has secrets by reference: those by name first, the two of the API last', async () => {
    const secret = { secret: 's', version: '1' }
    const body = await bodyWith({
      env: { PREFECT_API_KEY: 'plain' },
      env_from_secrets: { PREFECT_API_KEY: secret, DB: secret },
      prefect_api_key_secret: { secret: 'own', version: '2' },
    })
    const env = at(body, `${CONTAINER}/env`) as JsonObject[]
    expect(env.slice(-3)).toEqual([
      { name: 'PREFECT_API_KEY', valueSource: { secretKeyRef: secret } },
      { name: 'DB', valueSource: { secretKeyRef: secret } },
      { name: 'PREFECT_API_KEY', valueSource: { secretKeyRef: { secret: 'own', version: '2' } } },
    ])
    expect(JSON.stringify(env)).not.toContain('plain')
  })

  it('is refused with its place where the container has no list for it', async () => {
    const without = withField(template, `/job_body${CONTAINER}/env`, undefined)
    await expect(render({}, { template: without })).rejects.toMatchObject({
      details: { pointers: [`/job_body${CONTAINER}/env`] },
    })
  })
})

describe('the rest of the body (E.2)', () => {
  it('has the timeout as text', async () => {
    expect(at(await bodyWith({ timeout: 90 }), `${TASK}/timeout`)).toBe('90s')
  })

  it('has no access to a network unless something of it is set', async () => {
    expect(at(await bodyWith(), TASK)).not.toHaveProperty('vpcAccess')
    expect(at(await bodyWith({ vpc_connector_name: null }), TASK)).not.toHaveProperty('vpcAccess')
    expect(at(await bodyWith({ vpc_connector_name: 'c' }), `${TASK}/vpcAccess`)).toEqual({ connector: 'c' })
    expect(at(await bodyWith({ vpc_connector_name: '' }), `${TASK}/vpcAccess`)).toEqual({ connector: '' })
  })

  it('has the sockets of Cloud SQL as a volume beside others', async () => {
    const volumes = [{ name: 'mine', emptyDir: {} }]
    const body = await bodyWith(
      { cloudsql_instances: ['p:r:i'] },
      { template: withField(template, `/job_body${TASK}/volumes`, volumes) },
    )
    expect(at(body, `${TASK}/volumes`)).toEqual([...volumes, { name: 'cloudsql', cloudSqlInstance: { instances: ['p:r:i'] } }])
    expect(at(body, `${CONTAINER}/volumeMounts`)).toEqual([{ name: 'cloudsql', mountPath: '/cloudsql' }])
  })

  it('keeps labels of its own, on the job and on its executions', async () => {
    const own = withField(withField(template, '/job_body/labels', { a: 'x' }), '/job_body/template/labels', { b: 'y' })
    const body = await bodyWith({ labels: { A: 'weak' } }, { template: own })
    expect(body.labels).toMatchObject({ a: 'x', 'prefect-io-flow-run-name': 'crazy-cat-1' })
    expect(at(body, '/template/labels')).toMatchObject({ a: 'weak', b: 'y' })
  })

  it('tells where each part came from', async () => {
    const { origins } = await render({ cloudsql_instances: ['p:r:i'], env_from_secrets: { DB: { secret: 's', version: '1' } } })
    const of = (pointer: string) => origins.configuration.get(`/job_body${pointer}`)
    expect(of(`${TASK}/volumes/0/cloudSqlInstance/instances/0`)).toMatchObject({
      layer: 'flow-run',
      path: '/cloudsql_instances/0',
    })
    expect(of(`${TASK}/timeout`)).toMatchObject({ layer: 'default', path: '/timeout' })
    const secret = [...origins.configuration].find(([key]) => key.endsWith('/secretKeyRef/secret'))
    expect(secret?.[1]).toMatchObject({ layer: 'flow-run', path: '/env_from_secrets/DB/secret' })
  })
})
