import { readFileSync } from 'node:fs'
import type { Job, RunContext } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { lintTemplate } from '@aedile/core/templates/lint'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { dockerDefinition } from './definition.ts'

const genuine = JSON.parse(readFileSync(new URL('./fixtures/genuine-docker-worker.json', import.meta.url), 'utf8'))

/** Of a description only its place counts: ours are our own. */
function withoutTexts(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutTexts)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'description' && typeof item === 'string' ? true : withoutTexts(item),
    ]),
  )
}
const text = (value: unknown) => JSON.stringify(value, null, 1)

describe('the templates', () => {
  it("equal a genuine worker's in every field and in their order, but for the descriptions", () => {
    expect(text(withoutTexts(dockerDefinition.defaultBaseJobTemplate))).toBe(text(genuine.default))
  })

  it('know the one that was published before', () => {
    expect(text(withoutTexts(dockerDefinition.olderBaseJobTemplates![0]!))).toBe(text(genuine.published))
  })

  it('come with the genuine names and addresses', () => {
    const { displayName, documentationUrl, logoUrl } = genuine
    expect(dockerDefinition).toMatchObject({ type: 'docker', displayName, documentationUrl, logoUrl })
  })

  it('are found right by the lint', () => {
    const { defaultBaseJobTemplate, extendedBaseJobTemplate, olderBaseJobTemplates } = dockerDefinition
    const templates = [defaultBaseJobTemplate, extendedBaseJobTemplate!, ...olderBaseJobTemplates!]
    expect(templates.flatMap((template) => lintTemplate(template))).toEqual([])
  })

  it('hold types for GPU, shared memory, limits and user in the extended one, and the same job', () => {
    const { defaultBaseJobTemplate, extendedBaseJobTemplate } = dockerDefinition
    expect(extendedBaseJobTemplate!.job_configuration).toEqual(defaultBaseJobTemplate.job_configuration)
    const properties = extendedBaseJobTemplate!.variables.properties as JsonObject
    const [kwargs] = (properties.container_create_kwargs as { anyOf: JsonObject[] }).anyOf
    expect(Object.keys(kwargs!.properties as JsonObject)).toEqual(['device_requests', 'shm_size', 'ulimits', 'user'])
  })
})

describe('prepare', () => {
  const job = (values: JsonObject = {}): Job => ({ name: null, command: null, env: {}, labels: {}, ...values }) as Job
  const prepare = (values: JsonObject) => dockerDefinition.prepare(job(values), { command: true })

  it.each([
    [{ image: 7 }, '/image', 'text', '7'],
    [{ networks: ['a', null] }, '/networks/1', 'text', 'null'],
    [{ privileged: 'maybe' }, '/privileged', 'true or false', '"maybe"'],
    [{ image_pull_policy: 'always' }, '/image_pull_policy', 'IfNotPresent, Always', '"always"'],
    [{ volumes: ['/ok:/ok', 'bad'] }, '/volumes/1', 'Invalid volume specification', 'bad'],
    [{ container_create_kwargs: [] }, '/container_create_kwargs', 'a mapping', '[]'],
    [{ registry_credentials: { username: 'u', registry_url: 'r' } }, '/registry_credentials/password', 'text', 'nothing'],
  ])('refuses %j with what was expected and what came', (values, ...told) => {
    for (const part of told) expect(() => prepare(values as JsonObject)).toThrow(part)
  })

  it('does not tell a secret that has the wrong type', () => {
    const registry_credentials = { username: 'u', password: [4711], registry_url: 'r' }
    expect(() => prepare({ registry_credentials })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('4711') }),
    )
  })

  it('serves a single command without a flow run: labels and name fit for Docker, nothing of a run (rows 185, 196)', () => {
    expect(prepare({ command: 'echo hi', name: '_a b', labels: { 'a.b/c': 'd' }, env: { A: '1', B: null } })).toMatchObject({
      command: 'echo hi',
      name: 'a-b',
      labels: { 'b.a.c': 'd', 'io.prefect.version': '3.8.8' },
      env: { A: '1' },
      network_mode: null,
    })
  })

  it('runs our engine for an entrypoint of TypeScript', () => {
    const context = {
      flowRun: { id: 'run-1', name: 'cat' },
      flow: null,
      deployment: { entrypoint: 'flow.ts:main' },
      workPool: null,
      worker: {
        name: 'w',
        id: null,
        settings: {},
        processEnvironment: {},
        executeCommand: ['aedile-execute'],
        python: 'python3',
      },
    } as unknown as RunContext
    expect(dockerDefinition.prepare(job(), context).command).toBe('aedile-execute')
  })
})

it('loads in a browser: nothing of node and no vendor library is behind it', async () => {
  const entry = new URL('./definition.ts', import.meta.url).pathname
  const options = { bundle: true, write: false, metafile: true, logLevel: 'silent' } as const
  const { metafile } = await build({ ...options, entryPoints: [entry], platform: 'browser', conditions: ['aedile-source'] })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs.some((path) => path.endsWith('docker/src/request.ts'))).toBe(true)
  expect(inputs.filter((path) => /node_modules\/(?!zod\/)/.test(path))).toEqual([])
})
