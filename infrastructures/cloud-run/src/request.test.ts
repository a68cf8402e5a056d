import { execFileSync } from 'node:child_process'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { describe, expect, it } from 'vitest'
import { cloudRunDefinition, cloudRunV2Definition, definitions } from './definition.ts'
import type { CloudRunRequest } from './rest-request.ts'
import { at, bodyOf, render } from './testing/render.ts'

const KEY = '0191d5a0-0000-7000-8000-0000089abcde'
const attempt = { key: KEY, server: 'https://Server.example.com/api', flowRunId: 'run-1' }
const facts = { id: 'cloud-run:my-project:us-central1', project: 'my-project' }
const headers = JSON.stringify({ 'X-Aedile-Attempt': KEY })
const ENTRIES = [
  { name: 'PREFECT_CLIENT_CUSTOM_HEADERS', value: headers },
  { name: 'AEDILE_ATTEMPT', value: KEY },
]
const LABELS = { 'aedile-io-attempt': KEY, 'aedile-io-server': 'https---server-example-com-api' }
const CONTAINERS = {
  'cloud-run': '/spec/template/spec/template/spec/containers/0',
  'cloud-run-v2': '/template/template/containers/0',
}
const LABEL_PLACES = {
  'cloud-run': ['/metadata/labels', '/spec/template/metadata/labels'],
  'cloud-run-v2': ['/labels', '/template/labels'],
}

async function build(definition: InfrastructureDefinition<CloudRunRequest>, variables: JsonObject = {}) {
  const rendering = await render(definition as unknown as InfrastructureDefinition, variables, { facts, attempt })
  return { ...rendering, request: rendering.request as unknown as CloudRunRequest }
}

describe('the request', () => {
  it('of cloud-run goes to the region, and runs what it made', async () => {
    const { request } = await build(cloudRunDefinition, { region: 'europe-west1' })
    const jobs = 'https://europe-west1-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/my-project/jobs'
    const name = 'crazy-cat-1-0191d5a0000070008000000008 9abcde'.replace(' ', '')
    expect(request).toMatchObject({ name, project: 'my-project', region: 'europe-west1', keepJob: false })
    expect(request.create).toMatchObject({ method: 'POST', url: jobs, body: { metadata: { name } } })
    expect(request.run).toEqual({ method: 'POST', url: `${jobs}/${name}:run`, body: null })
  })

  it('of cloud-run-v2 names the job beside the body', async () => {
    const { request } = await build(cloudRunV2Definition)
    const jobs = 'https://run.googleapis.com/v2/projects/my-project/locations/us-central1/jobs'
    expect(request.name).toBe('crazy-cat-1-89abcde')
    expect(request.create.url).toBe(`${jobs}?jobId=crazy-cat-1-89abcde`)
    expect(request.create.body).not.toHaveProperty('name')
    expect(request.run.url).toBe(`${jobs}/crazy-cat-1-89abcde:run`)
  })

  it.each(definitions)('of $type is the configuration and exactly our additions', async (definition) => {
    const { request, ...rendering } = await build(definition, { env: { A: '1' } })
    const type = definition.type as 'cloud-run' | 'cloud-run-v2'
    const body = structuredClone(bodyOf(rendering as never))
    for (const place of LABEL_PLACES[type]) Object.assign(at(body, place) as object, LABELS)
    ;(at(body, `${CONTAINERS[type]}/env`) as unknown[]).push(...ENTRIES)
    if (type === 'cloud-run') Object.assign(body.metadata as object, { name: request.name })
    expect(request.create.body).toEqual(body)
  })

  it.each([
    ['Fixed Name!', 'fixed-name'],
    ['{{ ctx.flow.name }}-x', 'cats-x'],
    ['', 'crazy-cat-1'],
    [null, 'crazy-cat-1'],
    ['!!!', 'flow-run'],
  ])('of both types makes of the name %j one that Cloud Run takes, and each run has its own', async (name, slug) => {
    const hex = KEY.replaceAll('-', '')
    expect((await build(cloudRunDefinition, { name })).request.name).toBe(`${slug}-${hex}`)
    expect((await build(cloudRunV2Definition, { name })).request.name).toBe(`${slug}-${hex.slice(-7)}`)
  })

  it('of both types never has a name of more than 63 characters', async () => {
    for (const definition of definitions)
      expect((await build(definition, { name: 'x y '.repeat(40) })).request.name.length).toBeLessThanOrEqual(63)
  })

  it.each(definitions)('of $type adds the fence to headers that the user set', async (definition) => {
    const { request } = await build(definition, { env: { PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-Team":"cats"}' } })
    const env = at(request.create.body, `${CONTAINERS[definition.type as 'cloud-run']}/env`) as { name: string; value: string }[]
    const own = env.filter(({ name }) => name === 'PREFECT_CLIENT_CUSTOM_HEADERS')
    expect(own.map(({ value }) => JSON.parse(value))).toEqual([{ 'X-Team': 'cats', 'X-Aedile-Attempt': KEY }])
  })

  it('leaves headers from a secret as they are', async () => {
    const secret = { secret: 'headers', version: '1' }
    const { request } = await build(cloudRunV2Definition, { env_from_secrets: { PREFECT_CLIENT_CUSTOM_HEADERS: secret } })
    const env = at(request.create.body, '/template/template/containers/0/env') as JsonObject[]
    expect(env.filter(({ name }) => name === 'PREFECT_CLIENT_CUSTOM_HEADERS')).toEqual([
      { name: 'PREFECT_CLIENT_CUSTOM_HEADERS', valueSource: { secretKeyRef: secret } },
    ])
  })

  it.each(definitions)('of $type has 64 labels at most, ours among them, and the first of the job', async (definition) => {
    const labels = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`l${index}`, 'x']))
    const { request } = await build(definition, { labels })
    for (const place of LABEL_PLACES[definition.type as 'cloud-run']) {
      const found = at(request.create.body, place) as JsonObject
      expect(Object.keys(found)).toHaveLength(64)
      expect(found).toMatchObject({ ...LABELS, 'prefect-io-flow-run-name': 'crazy-cat-1' })
    }
  })

  it.each(['evil.example.com/', 'a@b', ''])('is refused for the region %j: the token would go elsewhere', async (region) => {
    for (const definition of definitions) await expect(build(definition, { region })).rejects.toThrow('/region')
  })

  it('is refused where nothing names a project', async () => {
    const none = render(cloudRunDefinition as unknown as InfrastructureDefinition, {}, { facts: { project: '' }, attempt })
    await expect(none).rejects.toThrow('/credentials/project')
  })

  it('of a preview says where the attempt key will be', async () => {
    const { request, assumed } = await render(cloudRunV2Definition as unknown as InfrastructureDefinition)
    expect(assumed).toBe(true)
    expect(request).toMatchObject({ name: 'crazy-cat-1-<attempt>', project: '<project>' })
    expect(at(request, '/create/body/labels/aedile-io-attempt')).toBe('<attempt>')
  })
})

describe('the handle', () => {
  it.each(definitions)('of $type suffices to find the job again, and holds no secret', async (definition) => {
    const info = { client_email: 'a', token_uri: 'b', private_key: 'very-secret' }
    const { request, configuration } = await build(definition, {
      credentials: { service_account_info: info, project: 'p' },
      keep_job: true,
    })
    const handle = definition.handle(request, facts, attempt)
    expect(handle).toMatchObject({
      type: definition.type,
      target: facts.id,
      name: request.name,
      attempt: KEY,
      keep: true,
      graceSeconds: 30,
      native: { project: 'p', region: 'us-central1' },
    })
    expect(JSON.stringify([handle, request])).not.toContain('very-secret')
    expect(definition.secretPointers!(configuration)).toEqual(['/credentials/service_account_info'])
  })

  it.each(definitions)("of $type tells the job's name as infrastructure_pid once it runs", async (definition) => {
    const { request } = await build(definition)
    const handle = definition.handle(request, facts, attempt)
    expect(definition.infrastructurePid(handle)).toBeNull()
    const running = { ...handle, native: { ...handle.native, execution: 'e' } }
    expect(definition.infrastructurePid(running)).toBe(request.name)
  })
})

describe('the shell lines', () => {
  it.each(definitions)('of $type send the same calls', async (definition) => {
    const { request } = await build(definition, { env: { QUOTED: `it's "so" $HOME` } })
    const [create, , run] = definition.toShell!(request)
    // A shell with a curl that prints its arguments.
    const ask = (line: string) =>
      execFileSync('sh', ['-c', `curl() { for word; do printf '%s\\0' "$word"; done; }; ${line}`], { env: { TOKEN: 'secret' } })
        .toString()
        .split('\0')
    const words = ask(create!)
    expect(words).toContain(request.create.url)
    expect(words).toContain('Authorization: Bearer secret')
    expect(JSON.parse(words[words.indexOf('-d') + 1]!)).toEqual(request.create.body)
    expect(ask(run!)).toContain(request.run.url)
  })
})
