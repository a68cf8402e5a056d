import type { JsonObject, JsonValue } from '@aedile/core/json'
import { describe, expect, it } from 'vitest'
import { kubernetesDefinition } from './definition.ts'
import { buildHandle, buildRequest, toInfrastructurePid } from './request.ts'
import { at, render, withAt } from './testing/render.ts'
import { readSecretSettings } from './worker-settings.ts'

const facts = { id: 'kubernetes:uid' }
const attempt = { key: '0191d5a0-0000-7000-8000-00000000ABCD', server: 'server-1', flowRunId: 'run-1' }
const CONTAINER = '/spec/template/spec/containers/0'
const prepare = async (variables: JsonObject = {}) => (await render(variables)).configuration
const build = async (variables: JsonObject = {}, settings: Record<string, string> = {}, owner = attempt) =>
  buildRequest(await prepare(variables), { ...facts, secrets: readSecretSettings(settings, 'my worker') }, owner)
const environmentOf = (job: JsonObject) => at(job, `${CONTAINER}/env`) as JsonObject[]

describe('the request', () => {
  it('is the prepared manifest and exactly our additions', async () => {
    const { job_manifest } = await prepare()
    const { job, namespace, secrets } = await build()
    const marks = { 'aedile.io/attempt': attempt.key, 'aedile.io/server': 'server-1' }
    const own = environmentOf(job_manifest as JsonObject)
    const added = [
      { name: 'PREFECT_CLIENT_CUSTOM_HEADERS', value: `{"X-Aedile-Attempt":"${attempt.key}"}` },
      { name: 'AEDILE_ATTEMPT', value: attempt.key },
    ]
    const changes: [string, JsonValue | undefined][] = [
      ['/metadata/generateName', undefined],
      ['/metadata/name', 'crazy-cat-00000000abcd'],
      ['/metadata/labels', { ...(at(job_manifest, '/metadata/labels') as JsonObject), ...marks }],
      ['/spec/template/metadata/labels', { ...(at(job_manifest, '/spec/template/metadata/labels') as JsonObject), ...marks }],
      [`${CONTAINER}/env`, [...own, ...added]],
    ]
    const expected = changes.reduce((changed, [pointer, value]) => withAt(changed, pointer, value), job_manifest as JsonObject)
    expect(job).toEqual(expected)
    expect({ namespace, secrets }).toEqual({ namespace: 'default', secrets: [] })
  })

  it('names the Job by the attempt, always within 63 characters and fit for Kubernetes', async () => {
    const nameOf = async (variables: JsonObject) => at((await build(variables)).job, '/metadata/name') as string
    expect(await nameOf({ name: 'My Job' })).toBe('my-job-00000000abcd')
    expect(await nameOf({ name: '___' })).toBe('prefect-job-00000000abcd')
    expect(await nameOf({ name: 'a'.repeat(80) })).toBe(`${'a'.repeat(50)}-00000000abcd`)
    expect(at((await render()).request.job, '/metadata/name')).toBe('crazy-cat-<attempt>')
  })

  it('adds the fence to headers that the user set, and leaves those alone that only the cluster can read', async () => {
    const given = environmentOf((await build({ env: { PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-Team":"cats"}' } })).job)
    const values = given.filter(({ name }) => name === 'PREFECT_CLIENT_CUSTOM_HEADERS').map(({ value }) => value)
    expect(values).toEqual([`{"X-Team":"cats","X-Aedile-Attempt":"${attempt.key}"}`])
    const reference = { name: 'PREFECT_CLIENT_CUSTOM_HEADERS', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }
    const referred = environmentOf((await build({ env: [reference] })).job)
    expect(referred.filter(({ name }) => name === 'PREFECT_CLIENT_CUSTOM_HEADERS')).toEqual([reference])
    expect(referred).toContainEqual({ name: 'AEDILE_ATTEMPT', value: attempt.key })
  })

  it("keeps a server's URL in an annotation, since no label can hold it", async () => {
    const { job } = await build({}, {}, { ...attempt, server: 'https://api/x' })
    expect(at(job, '/metadata/labels/aedile.io~1server')).toBe('https-api-x')
    expect(at(job, '/metadata/annotations/aedile.io~1server')).toBe('https://api/x')
  })

  it('does not change the prepared job', async () => {
    const job = await prepare()
    const before = JSON.stringify(job)
    buildRequest(
      job,
      { ...facts, secrets: readSecretSettings({ PREFECT_INTEGRATIONS_KUBERNETES_WORKER_STORE_ENV_AS_SECRET: '1' }, 'w') },
      attempt,
    )
    expect(JSON.stringify(job)).toBe(before)
  })

  it('tells which parts are of the attempt', async () => {
    const { request, origins } = await render()
    const entries = environmentOf(request.job as JsonObject)
    const last = `/job${CONTAINER}/env/${entries.length - 1}/value`
    expect(origins.request.get(last)).toEqual({ layer: 'attempt', path: '/key' })
    expect(origins.request.get('/job/metadata/name')).toEqual({ layer: 'attempt', path: '/key' })
    expect(origins.request.get('/job/metadata/labels/prefect.io~1flow-run-id')).toEqual({ layer: 'run', path: '/flow_run/id' })
    expect(origins.request.get('/job/spec/template/spec/restartPolicy')).toMatchObject({ layer: 'template' })
  })
})

describe('secrets', () => {
  const reference = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } })

  it.each([
    'PREFECT_KUBERNETES_WORKER_STORE_PREFECT_API_IN_SECRET',
    'PREFECT_INTEGRATIONS_KUBERNETES_WORKER_CREATE_SECRET_FOR_API_KEY',
  ])('with %s the API key leaves the Job for a Secret (rows 105, 106)', async (name) => {
    const { job, secrets } = await build({ namespace: 'team' }, { [name]: 'true' })
    const metadata = { name: 'prefect-my-worker-api-key', namespace: 'team' }
    expect(secrets).toEqual([{ apiVersion: 'v1', kind: 'Secret', metadata, data: { value: btoa('pnu_key') } }])
    expect(environmentOf(job)).toContainEqual({ name: 'PREFECT_API_KEY', ...reference('prefect-my-worker-api-key', 'value') })
    expect(JSON.stringify(job)).not.toContain('pnu_key')
  })

  it('a Secret that exists is referred to, and is stronger; a name without a key changes nothing (INF C.2 [Q])', async () => {
    const prefix = 'PREFECT_INTEGRATIONS_KUBERNETES_WORKER_'
    const create = { [`${prefix}CREATE_SECRET_FOR_API_KEY`]: 'true', [`${prefix}API_KEY_SECRET_NAME`]: 'mine' }
    const whole = await build({}, { ...create, [`${prefix}API_KEY_SECRET_KEY`]: 'k' })
    expect(whole.secrets).toEqual([])
    expect(environmentOf(whole.job)).toContainEqual({ name: 'PREFECT_API_KEY', ...reference('mine', 'k') })
    const half = await build({}, create)
    expect(environmentOf(half.job)).toContainEqual({ name: 'PREFECT_API_KEY', value: 'pnu_key' })
  })

  it('the auth string is referred to when its Secret is named', async () => {
    const prefix = 'PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_'
    const { job } = await build({ env: { PREFECT_API_AUTH_STRING: 'a:b' } }, { [`${prefix}NAME`]: 'n', [`${prefix}KEY`]: 'k' })
    expect(environmentOf(job)).toContainEqual({ name: 'PREFECT_API_AUTH_STRING', ...reference('n', 'k') })
  })

  it('the whole environment can go into a Secret of the attempt, but what refers elsewhere stays', async () => {
    const kept = { name: 'T', ...reference('s', 'k') }
    const settings = { PREFECT_INTEGRATIONS_KUBERNETES_WORKER_STORE_ENV_AS_SECRET: 'true' }
    const { job, secrets } = await build({ env: [{ name: 'A', value: '1' }, kept] }, settings)
    const name = 'crazy-cat-env-00000000abcd'
    expect(at(job, CONTAINER)).toMatchObject({ env: [kept], envFrom: [{ secretRef: { name } }] })
    expect(secrets).toMatchObject([
      {
        metadata: { name, namespace: 'default' },
        stringData: { A: '1', AEDILE_ATTEMPT: attempt.key, PREFECT_API_KEY: 'pnu_key' },
      },
    ])
    expect(secrets[0]!.metadata).toMatchObject({
      labels: { 'app.kubernetes.io/managed-by': 'prefect', 'prefect.io/flow-run-id': '00000000-0000-0000-0000-000000000008' },
    })
  })
})

describe('origins of what went into a Secret', () => {
  it('are those of the variables, and what stays behind keeps its own', async () => {
    const settings = { PREFECT_INTEGRATIONS_KUBERNETES_WORKER_STORE_ENV_AS_SECRET: 'true' }
    const kept = { name: 'T', valueFrom: { fieldRef: { fieldPath: 'p' } } }
    const secrets = readSecretSettings(settings, 'w')
    const { request, origins } = await render({ env: [{ name: 'A', value: '1' }, kept] }, { facts: { secrets } })
    expect(at(request, '/secrets/0/stringData/A')).toBe('1')
    const originAt = (pointer: string) => origins.request.get(pointer)
    expect(originAt('/secrets/0/stringData/A')).toMatchObject({ layer: 'flow-run', path: '/env/0/value' })
    expect(originAt('/secrets/0/stringData/PREFECT_API_KEY')).toEqual({ layer: 'worker', path: '/settings/PREFECT_API_KEY' })
    expect(originAt('/secrets/0/stringData/AEDILE_ATTEMPT')).toEqual({ layer: 'attempt', path: '/key' })
    expect(originAt(`/job${CONTAINER}/env/0/name`)).toMatchObject({ layer: 'flow-run', path: '/env/1/name' })
  })
})

describe('the handle', () => {
  it('is known before the start, and its pid is in the genuine form', async () => {
    const handle = buildHandle(await build({ namespace: 'team' }), facts, attempt)
    expect(handle).toMatchObject({
      type: 'kubernetes',
      target: facts.id,
      name: 'crazy-cat-00000000abcd',
      keep: true,
      graceSeconds: 30,
    })
    expect(toInfrastructurePid(handle)).toBe('team:crazy-cat-00000000abcd')
  })
})

describe('as shell lines', () => {
  it('a request is sent by curl, Secrets first, without any credentials of ours', async () => {
    const setting = { PREFECT_KUBERNETES_WORKER_STORE_PREFECT_API_IN_SECRET: 'true' }
    const lines = kubernetesDefinition.toShell!(await build({ command: `echo "it's"` }, setting))
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('"$KUBERNETES_API"\'/api/v1/namespaces/default/secrets/prefect-my-worker-api-key?')
    expect(lines[1]).toContain('--header "Authorization: Bearer $TOKEN"')
    expect(lines[1]).toContain('"$KUBERNETES_API"/apis/batch/v1/namespaces/default/jobs')
    expect(lines[1]).toContain(`"it'"'"'s"`)
  })
})
