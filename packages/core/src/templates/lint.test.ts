import { describe, expect, test } from 'vitest'
import { AedileError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { lintTemplate } from './lint.ts'

const TEMPLATE = {
  job_configuration: { command: '{{ command }}', limits: { cpu: '{{ cpu }}' } },
  variables: {
    type: 'object',
    properties: { command: { type: 'string' }, cpu: { type: 'integer', default: 1 } } as JsonObject,
  },
}
const lint = (job: JsonObject, variables: JsonObject = {}) =>
  lintTemplate({
    job_configuration: { ...TEMPLATE.job_configuration, ...job },
    variables: { ...TEMPLATE.variables, ...variables },
  })
const declare = (properties: JsonObject) => ({ properties: { ...TEMPLATE.variables.properties, ...properties } })
const brief = (findings: ReturnType<typeof lint>) => findings.map(({ code, pointer, nearest }) => [code, pointer, nearest])

describe('a template is right', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['with placeholders of every kind', { a: '{{prefect.blocks.secret.x}} {{ prefect.variables.y }} {{ $HOME }}' }, {}],
    ['whose env default is laid over a mapping', { env: { A: 'b' } }, declare({ env: { type: 'object', default: { C: 'd' } } })],
    ['whose env default uses a variable', { env: { A: 'b' } }, declare({ env: { default: { C: '{{ c }}' } }, c: {} })],
    ['with a default of null where a value is optional', { c: '{{ c }}' }, declare({ c: { type: 'string', default: null } })],
    ['with a default that is a block', { c: '{{ c }}' }, declare({ c: { type: 'object', default: { $ref: 'x' } } })],
    ['with a variable that is required and set by nobody yet', {}, { required: ['command'] }],
    [
      'with a ctx placeholder as default',
      { name: '{{ n }}' },
      declare({ n: { type: 'string', default: '{{ ctx.flow.name }}' } }),
    ],
  ])('%s', (_, job, variables) => expect(lint(job, variables)).toEqual([]))

  test('when it is empty: a worker fills it in', () => expect(lintTemplate({})).toEqual([]))
})

describe('found, with its place and the nearest name,', () => {
  test.each<[string, JsonObject, JsonObject, unknown[]]>([
    [
      'an undeclared variable',
      { a: [{ b: 'x {{ comand }}' }] },
      {},
      [['placeholder-undeclared', '/job_configuration/a/0/b', 'command']],
    ],
    [
      'ctx in the job, where nothing fills it in',
      { name: '{{ ctx.flow.name }}' },
      {},
      [['placeholder-undeclared', '/job_configuration/name', null]],
    ],
    ['a path into a variable', { a: '{{ cpu.cores }}' }, {}, [['placeholder-undeclared', '/job_configuration/a', null]]],
    ['a filter', { a: '{{ comand | upper }}' }, {}, [['placeholder-malformed', '/job_configuration/a', 'command']]],
    ['spaces inside', { a: '{{ a b c d }}' }, {}, [['placeholder-malformed', '/job_configuration/a', null]]],
    ['an open end', { 'a/b': '{{ cpu }} and {{ cpu' }, {}, [['placeholder-malformed', '/job_configuration/a~1b', 'cpu']]],
    ['braces in a key', { '{{ cpu }}': 1 }, {}, [['placeholder-malformed', '/job_configuration/{{ cpu }}', null]]],
    [
      'a variable that nothing uses',
      {},
      declare({ memory: {} }),
      [['variable-unreferenced', '/variables/properties/memory', null]],
    ],
    [
      'a required one that is not declared',
      {},
      { required: ['comand'] },
      [['variable-unsettable', '/variables/required', 'command']],
    ],
    [
      'a required one that admits nothing',
      { a: '{{ a }}' },
      { ...declare({ a: { not: {} } }), required: ['a'] },
      [['variable-unsettable', '/variables/properties/a', null]],
    ],
    [
      'every default that breaks its schema, deep down too',
      { a: '{{ a }}' },
      declare({
        cpu: { type: 'integer', default: 'x' },
        a: { properties: { 'b/c': { type: 'string' } }, default: { 'b/c': 1 } },
      }),
      [
        ['default-invalid', '/variables/properties/cpu/default', null],
        ['default-invalid', '/variables/properties/a/default/b~1c', null],
      ],
    ],
    [
      'what is no schema',
      { a: '{{ a }}', b: '{{ b }}' },
      declare({ a: { type: 'strin' }, b: { required: 'x' } }),
      [
        ['schema-invalid', '/variables/properties/a/type', null],
        ['schema-invalid', '/variables/properties/b/required', null],
      ],
    ],
    [
      'a reference to nowhere and a pattern that is none, also in a variable that is called default',
      { a: '{{ a }}', b: '{{ default }}' },
      declare({ a: { $ref: '#/definitions/No' }, default: { pattern: '(', default: { $ref: 'x' } } }),
      [
        ['schema-invalid', '/variables/properties/a/$ref', null],
        ['schema-invalid', '/variables/properties/default/pattern', null],
      ],
    ],
    [
      'a schema that goes round in circles',
      { a: '{{ a }}' },
      declare({ a: { $ref: '#/properties/a', default: 1 } }),
      [['schema-invalid', '/variables', null]],
    ],
    [
      'a base field of another type',
      { env: ['A=b'], labels: 3 },
      {},
      [
        ['section-ill-typed', '/job_configuration/env', null],
        ['section-ill-typed', '/job_configuration/labels', null],
      ],
    ],
  ])('%s', (_, job, variables, expected) => expect(brief(lint(job, variables))).toEqual(expected))

  test('a section that is missing, ill-typed or unknown', () => {
    expect(brief(lintTemplate({ job_configuration: { a: 1 } }))).toEqual([['section-missing', '', null]])
    expect(brief(lintTemplate({ job_configuration: [], variables: 'x', variable: {} }))).toEqual([
      ['section-ill-typed', '/job_configuration', null],
      ['section-ill-typed', '/variables', null],
      ['section-unknown', '/variable', null],
    ])
  })
})

test('what a genuine server refuses is an error, what it keeps in silence a warning', () => {
  const findings = lint({ a: '{{ a b }} {{ nope }}' }, declare({ memory: {}, cpu: { type: 'integer', default: 'x' } }))
  expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
    'placeholder-malformed warning',
    'placeholder-undeclared error',
    'default-invalid error',
    'variable-unreferenced warning',
  ])
})

test('a hostile template is answered, however deep, large or odd it is', () => {
  let deep: JsonObject = { x: '{{ nope }}' }
  for (let level = 0; level < 20_000; level += 1) deep = { d: deep }
  expect(lint(deep)).toHaveLength(1)
  expect(lint({}, declare({ deep: { default: deep } })).length).toBeGreaterThan(0)
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, `{{ v${index} }}`]))
  expect(lint(many)).toHaveLength(10_000)
  const long = (index: number) => `${index}`.padStart(100, 'v')
  const names = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [long(index), { type: 'string', default: index }]))
  const found = lint(Object.fromEntries(Object.keys(names).map((name) => [name, `{{ ${name}x }}`])), declare(names))
  expect(found).toHaveLength(1_500)
  const odd = JSON.parse(
    '{"job_configuration": {"__proto__": "{{ __proto__ }}"}, "variables": {"properties": {"__proto__": {"type": "string", "default": 1}}}}',
  )
  expect(brief(lintTemplate(odd))).toEqual([['default-invalid', '/variables/properties/__proto__/default', null]])
})

test('a check that gives up is told as a schema that cannot be checked', () => {
  const giveUp = () => {
    throw new AedileError('schema_invalid', { why: 'it takes too long' })
  }
  expect(lintTemplate(TEMPLATE, giveUp)).toMatchObject([
    { code: 'schema-invalid', message: expect.stringContaining('it takes too long') },
  ])
})
