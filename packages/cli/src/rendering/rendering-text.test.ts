import type { RenderResult } from '@aedile/core/rendering/render-answer'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { describeNotes, requestYaml } from './rendering-text.ts'

const request = { image: 'a:1', env: { 'A/B': 'x\ny' }, limits: {}, args: [], list: [{ n: 1 }], none: null }
const result = {
  configuration: {},
  request,
  origins: {
    configuration: {},
    request: {
      '/image': { layer: 'default', path: '/image' },
      '/env/A~1B': { layer: 'worker', path: '/settings/A' },
      '/limits': { layer: 'template', path: '/limits' },
      '/args': { layer: 'type', path: '/args' },
      '/list/0/n': { layer: 'deployment', path: '/n' },
    },
  },
  dropped: [
    { pointer: '/cpu', placeholder: '{{ cpu }}', reason: 'unset' },
    { pointer: '/mem', placeholder: '{{ mme }}', reason: 'undeclared' },
  ],
  warnings: [{ kind: 'unknown-key', pointer: '/x', message: 'Nothing reads x.' }],
  facts: { values: { id: 't', version: '7' }, assumed: true },
} as unknown as RenderResult

test('a request is YAML that reads as the request, with or without the origins beside it', async () => {
  expect(parse(await requestYaml(result, false))).toEqual(request)
  const explained = await requestYaml(result, true)
  expect(parse(explained)).toEqual(request)
  expect(explained.split('\n')).toEqual([
    'image: a:1 # default',
    'env:',
    '  A/B: |- # worker /settings/A',
    '    x',
    '    y',
    'limits: {} # template',
    'args: [] # type',
    'list:',
    '  - n: 1 # deployment /n',
    'none: null',
  ])
})

test('mistakes are always told, what nobody set only when all is explained, and what was assumed by name', () => {
  const mistakes = ['Left out: /mem ({{ mme }} is no variable of the template)', 'Warning: Nothing reads x. (/x)']
  const assumed = 'Assumed of the target: version "7"'
  expect(describeNotes(result, false)).toEqual([...mistakes, assumed])
  expect(describeNotes(result, true)).toEqual(['Left out: /cpu ({{ cpu }} has no value)', ...mistakes, assumed])
})
