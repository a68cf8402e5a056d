import type { JsonObject } from '@aedile/core/json'
import { describe, expect, it } from 'vitest'
import { at, bodyOf, context, render as renderType, withField } from '../testing/render.ts'
import { cloudRunDefinition } from './definition.ts'
import { documentedBaseJobTemplate } from './older-templates.ts'

const template = cloudRunDefinition.defaultBaseJobTemplate
const TASK = '/spec/template/spec/template/spec'
const CONTAINER = `${TASK}/containers/0`
const render = (variables: JsonObject = {}, options: Parameters<typeof renderType>[2] = {}) =>
  renderType(cloudRunDefinition, variables, options)
const bodyWith = async (...given: Parameters<typeof render>) => bodyOf(await render(...given))
const entries = (body: JsonObject) => at(body, `${CONTAINER}/env`) as { name: string }[]

describe('the body of a job', () => {
  it('row 6: has the version of the API, and no other is taken', async () => {
    expect((await bodyWith()).apiVersion).toBe('run.googleapis.com/v1')
    await expect(render({}, { template: withField(template, '/job_body/apiVersion', 'v2') })).rejects.toThrow(
      '/job_body/apiVersion',
    )
  })

  it('row 7: is of kind Job, and no other is taken', async () => {
    expect((await bodyWith()).kind).toBe('Job')
    await expect(render({}, { template: withField(template, '/job_body/kind', 'Service') })).rejects.toThrow('/job_body/kind')
  })

  it('rows 8, 40: has the name that was given; else that of the run, cut to 30 characters, and a suffix', async () => {
    expect(at(await bodyWith({ name: 'mine' }), '/metadata/name')).toBe('mine')
    expect(at(await bodyWith(), '/metadata/name')).toBe('crazy-cat-1-<attempt>')
    const flowRun = { ...(context as { flowRun: object }).flowRun, name: 'a'.repeat(40) }
    const long = await bodyWith({}, { context: { ...context, flowRun } as typeof context })
    expect(at(long, '/metadata/name')).toBe(`${'a'.repeat(30)}-<attempt>`)
  })

  it('row 9: has the launch stage BETA; another is refused with a pointer that can be followed', async () => {
    const stage = '/metadata/annotations/run.googleapis.com~1launch-stage'
    expect(at(await bodyWith(), stage)).toBe('BETA')
    await expect(render({}, { template: withField(template, `/job_body${stage}`, 'GA') })).rejects.toMatchObject({
      details: { pointers: [`/job_body${stage}`] },
    })
  })

  it('row 10: has the image that was given, else the default one', async () => {
    expect(at(await bodyWith({ image: 'mine:1' }), `${CONTAINER}/image`)).toBe('mine:1')
    expect(at(await bodyWith(), `${CONTAINER}/image`)).toMatch(/^docker\.io\/prefecthq\/prefect:3\.8\.8-python3\.\d+$/)
  })

  it('row 11: may have arguments instead of a command: text is split, a list is kept, without a value the key goes', async () => {
    const withArgs = (args: JsonObject) => bodyWith(args, { template: documentedBaseJobTemplate })
    const defaultCommand = ['prefect', 'flow-run', 'execute']
    const text = await withArgs({ args: '-m prefect.engine "x y"' })
    expect(at(text, CONTAINER)).toMatchObject({ args: ['-m', 'prefect.engine', 'x y'], command: defaultCommand })
    expect(at(await withArgs({ args: ['a b'] }), `${CONTAINER}/args`)).toEqual(['a b'])
    const unset = await withArgs({})
    expect(at(unset, CONTAINER)).not.toHaveProperty('args')
    expect(at(unset, `${CONTAINER}/command`)).toEqual(defaultCommand)
  })

  it('rows 12-15: has CPU and memory as limits and as requests', async () => {
    const resources = { cpu: '2000m', memory: '1Gi' }
    expect(at(await bodyWith(resources), `${CONTAINER}/resources`)).toEqual({ limits: resources, requests: resources })
  })

  it('row 16: has the timeout as number, 600 by default', async () => {
    expect(at(await bodyWith(), `${TASK}/timeoutSeconds`)).toBe(600)
    expect(at(await bodyWith({ timeout: 5 }), `${TASK}/timeoutSeconds`)).toBe(5)
  })

  it('rows 17, 18: has service account and connector when they are set, and no key otherwise', async () => {
    const connector = '/spec/template/metadata/annotations/run.googleapis.com~1vpc-access-connector'
    const unset = await bodyWith()
    expect([at(unset, `${TASK}/serviceAccountName`), at(unset, connector)]).toEqual([undefined, undefined])
    const set = await bodyWith({ service_account_name: 'me', vpc_connector_name: 'c' })
    expect([at(set, `${TASK}/serviceAccountName`), at(set, connector)]).toEqual(['me', 'c'])
  })
})

describe('a template', () => {
  const annotation = '/metadata/annotations/run.googleapis.com~1my-custom-annotation'
  const custom = withField(template, `/job_body${annotation}`, '{{ my_custom_annotation }}')

  it('rows 21, 24, 26-28: may have placeholders of its own, set by deployment, and none of its variables need be declared', async () => {
    const set = await bodyWith({ my_custom_annotation: 'my-custom-value' }, { template: custom })
    expect(at(set, annotation)).toBe('my-custom-value')
    expect(at(set, '/metadata/annotations/run.googleapis.com~1launch-stage')).toBe('BETA')
    expect(at(await bodyWith({}, { template: custom }), annotation)).toBeUndefined()
  })

  it('rows 23, 32: of one pool is not changed by rendering, so another pool keeps its own', async () => {
    const before = structuredClone(custom)
    await render({ my_custom_annotation: 'x' }, { template: custom })
    expect(custom).toEqual(before)
    expect(JSON.stringify(template)).not.toContain('my-custom-annotation')
  })

  it('rows 25, 30, 31: whose field is fixed ignores the variable', async () => {
    const connector = '/spec/template/metadata/annotations/run.googleapis.com~1vpc-access-connector'
    const fixed = withField(template, `/job_body${connector}`, 'my-vpc-connector')
    expect(at(await bodyWith({ vpc_connector_name: 'other' }, { template: fixed }), connector)).toBe('my-vpc-connector')
  })
})

describe('the fields of a configuration', () => {
  it('rows 19, 33, 36, 37: have their defaults', async () => {
    const { configuration } = await render()
    expect(configuration).toMatchObject({ region: 'us-central1', timeout: 600, keep_job: false })
  })

  it.each([0, 3601, 1.5, 'soon'])('row 36: a timeout of %j is refused', async (timeout) => {
    await expect(render({ timeout })).rejects.toMatchObject({ details: { pointers: ['/timeout'] } })
  })

  it.each([1, 3600])('row 36: a timeout of %j is taken', async (timeout) => {
    expect((await render({ timeout })).configuration.timeout).toBe(timeout)
  })

  it('rows 34, 41: credentials name the project; without them the target does', async () => {
    expect((await render({ credentials: { project: 'mine' } })).request.project).toBe('mine')
    const facts = { project: 'of-the-worker' }
    expect((await render({}, { facts })).request.project).toBe('of-the-worker')
    expect((await render({ credentials: null }, { facts })).request.project).toBe('of-the-worker')
  })

  it('row 35: all that is wrong is told in one error, with the pointer of each', async () => {
    const changed = withField(withField(template, '/job_body/kind', undefined), '/job_body/apiVersion', 'x')
    await expect(render({ timeout: 0, region: 5 }, { template: changed })).rejects.toMatchObject({
      details: { pointers: ['/region', '/job_body/kind', '/job_body/apiVersion', '/timeout'] },
    })
  })

  it('an error tells no value where a secret may have been put', async () => {
    const secret = 'pnu_very-secret'
    const misplaced: JsonObject[] = [
      { prefect_api_key_secret: secret },
      { credentials: secret },
      { credentials: { service_account_info: secret } },
    ]
    for (const values of misplaced) {
      const error = await render(values).catch((refusal: Error) => refusal)
      expect((error as Error).message).toContain('not valid')
      expect(JSON.stringify([error, (error as Error).message])).not.toContain(secret)
    }
  })
})

describe('preparation', () => {
  const settings = { PREFECT_API_KEY: 'plain', PREFECT_API_AUTH_STRING: 'plain' }
  const credentialed = {
    ...context,
    worker: { ...(context as { worker: object }).worker, settings },
  } as unknown as typeof context

  it.each([
    ['38', 'PREFECT_API_KEY', 'prefect_api_key_secret'],
    ['39', 'PREFECT_API_AUTH_STRING', 'prefect_api_auth_string_secret'],
  ])('row %s: a secret stands in place of %s', async (_row, name, field) => {
    const body = await bodyWith({ [field]: { secret: 's', version: '2' } }, { context: credentialed })
    const own = entries(body).filter((entry) => entry.name === name)
    expect(own).toEqual([{ name, valueFrom: { secretKeyRef: { name: 's', key: '2' } } }])
  })

  it('rows 42, 43, 45: puts environment, labels, command, image and name in from the run alone', async () => {
    const body = await bodyWith()
    expect(entries(body)).toContainEqual({ name: 'PREFECT__FLOW_RUN_ID', value: '00000000-0000-0000-0000-000000000008' })
    for (const place of ['/metadata/labels', '/spec/template/metadata/labels']) {
      expect(at(body, place)).toMatchObject({ 'prefect-io-flow-run-name': 'crazy-cat-1', 'prefect-io-worker-name': 'worker-1' })
    }
    expect(Object.keys(at(body, CONTAINER) as object)).toEqual(expect.arrayContaining(['command', 'image', 'env']))
  })

  it('rows 46, 47: knows deployment, flow and pool only when they are given', async () => {
    const labels = at(await bodyWith({}, { context: { ...context, flow: null } as typeof context }), '/metadata/labels') as object
    expect(Object.keys(labels).filter((key) => /deployment|flow-name|flow-id|pool/.test(key))).toEqual([])
  })

  it('row 44: makes a body that passes its own check again', async () => {
    const { configuration } = await render()
    expect(() => cloudRunDefinition.prepare(configuration, context)).not.toThrow()
  })

  it('keeps a script to its own command, and to its own variables', () => {
    const job = { name: 'script', command: "echo 'a b'", env: { A: '1', B: null }, labels: {}, job_body: documentedBody() }
    const prepared = cloudRunDefinition.prepare(job, { command: true })
    expect(at(prepared, `/job_body${CONTAINER}`)).toMatchObject({ command: ['echo', 'a b'], env: [{ name: 'A', value: '1' }] })
  })

  it("runs a TypeScript flow's own command", async () => {
    const deployment = { id: 'd', name: 'nightly', entrypoint: 'flow.ts:main' }
    const body = await bodyWith({}, { context: { ...context, deployment } as unknown as typeof context })
    expect(at(body, `${CONTAINER}/command`)).toEqual(['aedile-execute'])
  })

  it('tells where each part came from', async () => {
    const { origins } = await render({ env: { A: '1' }, labels: { 'My/Team': 'cats' }, command: 'a b' })
    const of = (pointer: string) => origins.configuration.get(`/job_body${pointer}`)
    expect(of(`${CONTAINER}/env/0/value`)).toMatchObject({ layer: 'worker', path: '/settings/PREFECT_API_URL' })
    const last = [...origins.configuration.keys()].filter((key) => /containers\/0\/env\/\d+\/value$/.test(key)).at(-1)!
    expect(origins.configuration.get(last)).toMatchObject({ layer: 'flow-run', path: '/env/A' })
    expect(of('/metadata/labels/my-team')).toMatchObject({ layer: 'flow-run', path: '/labels/My~1Team' })
    expect(of('/metadata/labels/prefect-io-flow-run-name')).toMatchObject({ layer: 'run', path: '/flow_run/name' })
    expect(of(`${CONTAINER}/command/1`)).toMatchObject({ layer: 'flow-run', path: '/command' })
    expect(of('/metadata/name')).toMatchObject({ layer: 'run', path: '/flow_run/name' })
  })
})

function documentedBody(): JsonObject {
  const body = structuredClone(documentedBaseJobTemplate.job_configuration.job_body) as JsonObject
  const task = at(body, TASK) as JsonObject
  task.containers = [{}]
  return body
}
