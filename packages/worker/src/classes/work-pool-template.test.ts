import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import { expect, it } from 'vitest'
import { KeptLog } from '../testing/class-stage.ts'
import { buildWorkPoolTemplate } from './work-pool-template.ts'

const definition = {
  displayName: 'Tent',
  defaultBaseJobTemplate: {
    job_configuration: { command: '{{ command }}', env: '{{ env }}' },
    variables: { type: 'object', properties: { command: { default: null }, env: { title: 'Env' }, size: { default: 1 } } },
  } as unknown as BaseJobTemplate,
}

function build(data: object, defaults: object = {}) {
  const log = new KeptLog()
  const own = { data, defaults } as Parameters<typeof buildWorkPoolTemplate>[1]
  const template = buildWorkPoolTemplate(definition, own, (field, value) => ({ [field]: value }), log)
  return { properties: template.variables.properties, log: log.lines }
}

it('a template of a block has its values as defaults, its command quoted for a shell, and what it does not say as it was', () => {
  const { properties, log } = build({ type: 'tent', command: ['echo', 'a b'], env: { A: '1' }, size: 1 }, { size: 1, env: {} })
  expect(properties).toEqual({
    command: { default: "echo 'a b'" },
    env: { title: 'Env', default: { A: '1' } },
    size: { default: 1 },
  })
  expect(log).toEqual([])
  expect(definition.defaultBaseJobTemplate.variables.properties).toMatchObject({ command: { default: null } })
})

it('a template of a block leaves out what pools of the type cannot say, with a warning in the genuine words', () => {
  const { properties, log } = build({ toString: 'x', colour: 'red' })
  expect(properties).toEqual(definition.defaultBaseJobTemplate.variables.properties)
  expect(log).toEqual([
    "warn Variable 'toString' is not supported by Tent work pools. Skipping.",
    "warn Variable 'colour' is not supported by Tent work pools. Skipping.",
  ])
})
