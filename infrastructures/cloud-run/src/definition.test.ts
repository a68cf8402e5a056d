import { readFileSync } from 'node:fs'
import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { findSchemaFailure } from '@aedile/core/json-schema'
import { lintTemplate } from '@aedile/core/templates/lint'
import { describe, expect, it } from 'vitest'
import { cloudRunDefinition, cloudRunV2Definition, definitions } from './definition.ts'
import { bodyOf, render } from './testing/render.ts'

type Genuine = {
  template: BaseJobTemplate
  published: BaseJobTemplate
  displayName: string
  logoUrl: string
  documentationUrl: string
}
const genuine = JSON.parse(readFileSync(new URL('./fixtures/genuine-templates.json', import.meta.url), 'utf8'))
const types = definitions.map((definition) => [definition.type, definition, genuine[definition.type] as Genuine] as const)

describe.each(types)('%s', (_type, definition, expected) => {
  it('rows 6-19, 22, 48: its default template is the genuine one, key by key in the same order', () => {
    expect(JSON.stringify(withoutTexts(definition.defaultBaseJobTemplate))).toBe(JSON.stringify(expected.template))
  })

  it('has the older published template, key by key in the same order', () => {
    expect(JSON.stringify(withoutTexts(definition.olderBaseJobTemplates![0]!))).toBe(JSON.stringify(expected.published))
  })

  it('row 50: tells of itself what a genuine worker tells', () => {
    const { displayName, logoUrl, documentationUrl } = definition
    expect({ displayName, logoUrl, documentationUrl }).toEqual({
      displayName: expected.displayName,
      logoUrl: expected.logoUrl,
      documentationUrl: expected.documentationUrl,
    })
  })

  it('describes every variable in words', () => {
    const { variables } = definition.extendedBaseJobTemplate!
    for (const [name, variable] of Object.entries(variables.properties as JsonObject)) {
      expect((variable as JsonObject).description, name).toMatch(/^[A-Z].{10,}\.$/)
    }
  })

  it.each(['defaultBaseJobTemplate', 'extendedBaseJobTemplate'] as const)('has no fault in its %s', (which) => {
    expect(lintTemplate(definition[which] as unknown as JsonObject)).toEqual([])
  })

  it('keeps examples to their own schemas', () => {
    const { variables } = definition.extendedBaseJobTemplate!
    for (const [name, variable] of Object.entries(variables.properties as JsonObject)) {
      // The genuine example of this one is no list.
      if (name === 'cloudsql_instances') continue
      for (const example of ((variable as JsonObject).examples as JsonValue[]) ?? []) {
        expect(findSchemaFailure({ [name]: example }, { ...variables, required: [] }), name).toBeNull()
      }
    }
  })

  it('renders its older templates', async () => {
    for (const template of definition.olderBaseJobTemplates!) {
      const rendering = await render(definition, { image: 'mine' }, { template })
      expect(JSON.stringify(bodyOf(rendering))).toContain('"image":"mine"')
    }
  })
})

describe('the schema of the variables', () => {
  const failureOf = (definition: (typeof definitions)[number], values: JsonObject) =>
    findSchemaFailure(values, definition.variables)

  it.each(['1', '100', '100m', '1500m'])('row 12: of cloud-run refuses the CPU %j', (cpu) => {
    expect(failureOf(cloudRunDefinition, { cpu })?.reason).toContain("does not match '^(\\\\d*000)m$'")
  })

  it.each(['1000m', '2000m', '3000m'])('row 12: of cloud-run takes the CPU %j', (cpu) => {
    expect(failureOf(cloudRunDefinition, { cpu })).toBeNull()
  })

  it.each(definitions)('rows 13, 15: of $type takes memory in G, Gi, M and Mi only', (definition) => {
    for (const memory of ['512G', '512Gi', '512M', '512Mi']) expect(failureOf(definition, { memory })).toBeNull()
    for (const memory of ['1', '100', '100Gigs']) expect(failureOf(definition, { memory })?.pointer).toBe('/memory')
  })

  it('rows 16, 36: holds the timeout to an hour, in the second API to a week', () => {
    for (const timeout of [1, 3600]) expect(failureOf(cloudRunDefinition, { timeout })).toBeNull()
    for (const timeout of [0, 3601]) expect(failureOf(cloudRunDefinition, { timeout })).not.toBeNull()
    expect(failureOf(cloudRunV2Definition, { timeout: 604_800 })).toBeNull()
    expect(failureOf(cloudRunV2Definition, { timeout: 604_801 })).not.toBeNull()
  })
})

function withoutTexts(value: JsonValue | object): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts)
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value)
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, key === 'description' && typeof inner === 'string' ? '' : withoutTexts(inner)]),
  )
}
