import { readFileSync } from 'node:fs'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { isJsonObject } from '@aedile/core/json'
import { describe, expect, it } from 'vitest'
import { kubernetesDefinition } from './definition.ts'
import { render, withAt } from './testing/render.ts'

// Made of the genuine package: its templates without the description texts.
const read = (name: string): JsonObject => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))
const { defaultBaseJobTemplate, extendedBaseJobTemplate, olderBaseJobTemplates } = kubernetesDefinition
const properties = (template: { variables: JsonObject }) => template.variables.properties as JsonObject

describe('the default base job template', () => {
  it("equals a genuine worker's but for the descriptions, order of keys included (rows 108-122, 155)", () => {
    const ours = JSON.stringify(withoutDescriptions(defaultBaseJobTemplate), null, 1)
    expect(ours).toBe(JSON.stringify(read('genuine-template'), null, 1))
  })

  it.each([
    ['default', defaultBaseJobTemplate],
    ['extended', extendedBaseJobTemplate!],
  ] as const)('describes every variable: %s', (_, template) => {
    for (const variable of Object.values(properties(template))) {
      expect(variable).toHaveProperty('description', expect.stringMatching(/\.$/))
    }
  })

  it('knows three ways to pull an image, and no other (rows 130-132)', async () => {
    expect(properties(defaultBaseJobTemplate).image_pull_policy).toMatchObject({ enum: ['IfNotPresent', 'Always', 'Never'] })
    expect((await render({ image_pull_policy: 'Sometimes' })).warnings).toEqual([
      expect.objectContaining({ kind: 'ill-typed-variable', pointer: '/image_pull_policy' }),
    ])
    expect((await render({ image_pull_policy: 'Never' })).warnings).toEqual([])
  })

  it('is of the type kubernetes and says so (row 133)', () => {
    expect(kubernetesDefinition).toMatchObject({
      type: 'kubernetes',
      displayName: 'Kubernetes',
      pythonPackage: 'prefect-kubernetes',
    })
  })
})

describe('the older templates', () => {
  it("begin with the one of Prefect's registry", () => {
    expect(olderBaseJobTemplates![0]).toEqual(read('genuine-older-template'))
  })

  it('end with the first one: no annotations, no backoff limit, no resources (row 145)', () => {
    const { job_configuration } = olderBaseJobTemplates![1]!
    expect(JSON.stringify(job_configuration)).not.toMatch(/annotations|backoff|resources/)
  })
})

describe('the extended template', () => {
  const added = Object.keys(properties(extendedBaseJobTemplate!)).filter((name) => !(name in properties(defaultBaseJobTemplate)))

  it('renders as the default one until something is set', async () => {
    const cases: JsonObject[] = [{}, { cpu_limit: '1', labels: { a: 'b' }, annotations: { c: 'd' }, command: 'x' }]
    for (const variables of cases) {
      const extended = await render(variables, { template: extendedBaseJobTemplate! })
      expect(extended.configuration).toEqual((await render(variables)).configuration)
    }
  })

  it.each(added)('uses %s, which appears once it is set', async (name) => {
    const value = exampleOf((properties(extendedBaseJobTemplate!)[name] as JsonObject).anyOf as JsonObject[])
    const { configuration, warnings } = await render({ [name]: value }, { template: extendedBaseJobTemplate! })
    expect(warnings).toEqual([])
    expect(configuration.job_manifest).not.toEqual((await render()).configuration.job_manifest)
  })

  it('is the one that the genuine package was asked about', () => {
    const path = '../../../tests/conformance/rendering/cases/kubernetes-extended.json'
    expect(JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))).toEqual(extendedBaseJobTemplate)
  })
})

describe('a customized template', () => {
  const limits = '/job_configuration/job_manifest/spec/template/spec/containers/0/resources'
  const resources = { requests: { memory: '{{ memory }}Mi' }, limits: { memory: '128Mi' } }
  const custom = withAt(withAt(defaultBaseJobTemplate, limits, resources), '/variables/properties/memory', {
    type: 'integer',
    default: 16,
  })
  const memoryOf = async (deployment: JsonObject) => {
    const { configuration } = await render({}, { template: custom, deployment })
    return JSON.parse(JSON.stringify(configuration.job_manifest)).spec.template.spec.containers[0].resources
  }

  it('lets deployments change the request by a variable of its own, not a limit that it fixes (rows 124, 125, 127-129)', async () => {
    expect(await memoryOf({ memory: 64 })).toEqual({ requests: { memory: '64Mi' }, limits: { memory: '128Mi' } })
    expect(await memoryOf({ memory_limit: '1Gi' })).toEqual({ requests: { memory: '16Mi' }, limits: { memory: '128Mi' } })
  })
})

function exampleOf([schema]: JsonObject[]): JsonValue {
  if (schema!.type === 'string') return 'text'
  if (schema!.type === 'integer') return 1
  if (schema!.type === 'object') return 'additionalProperties' in schema! ? { key: 'value' } : { runAsUser: 1 }
  const { required = [] } = schema!.items as { required?: string[] }
  return [Object.fromEntries([...required, 'key'].map((name) => [name, 'x']))]
}

function withoutDescriptions(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(withoutDescriptions)
  if (!isJsonObject(value)) return value as JsonValue
  const kept = Object.entries(value).filter(([key, item]) => key !== 'description' || typeof item !== 'string')
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutDescriptions(item)]))
}
