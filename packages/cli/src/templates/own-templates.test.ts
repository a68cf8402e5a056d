import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { lintTemplate } from '@aedile/core/templates/lint'
import { diffTemplates } from '@aedile/core/templates/template-diff'
import { writeVariableTypes } from '@aedile/core/templates/variable-types'
import { describe, expect, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('../../../../infrastructures', import.meta.url))
const files = readdirSync(FOLDER)
  .map((name) => join(FOLDER, name, 'src/definition.ts'))
  .filter((file) => existsSync(file))
const modules: { definitions: InfrastructureDefinition[] }[] = await Promise.all(files.map((file) => import(file)))
const definitions = modules.flatMap((module) => module.definitions.map((definition) => [definition.type, definition] as const))

test('the types are found', () => expect(definitions.map(([type]) => type)).toContain('process'))

describe.each(definitions)('%s', (_, { defaultBaseJobTemplate, extendedBaseJobTemplate }) => {
  // Older ones are kept as they were published, faults included.
  const templates = [defaultBaseJobTemplate, ...(extendedBaseJobTemplate ? [extendedBaseJobTemplate] : [])]

  test('has templates that are clean', () => {
    expect(templates.flatMap((template) => lintTemplate(template))).toEqual([])
  })

  test('has no variable whose type is unknown to the compiler', () => {
    const unknown = templates.flatMap((template) => writeVariableTypes('p', template).match(/^ {2}\w+\?: unknown$/gm) ?? [])
    expect(unknown).toEqual([])
  })

  test('has an extended template that adds to the default one and takes nothing away', () => {
    const changes = extendedBaseJobTemplate ? diffTemplates(defaultBaseJobTemplate, extendedBaseJobTemplate) : []
    expect(changes.filter(({ kind }) => kind === 'removed')).toEqual([])
  })
})
