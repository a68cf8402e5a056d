import { expect, test } from 'vitest'
import { compareRenderings } from './compare-renderings.ts'
import { describeOrigin } from './origin-text.ts'
import type { RenderResult } from './render-answer.ts'

const result = (request: RenderResult['request'], origins: NonNullable<RenderResult['origins']>['request'] = {}) =>
  ({ request, origins: { configuration: {}, request: origins } }) as unknown as RenderResult

test('two renderings differ in their leaves, each side with its value and origin', () => {
  const here = result({ image: 'a', env: { A: '1', B: '2' }, list: [] }, { '/image': { layer: 'default', path: '/image' } })
  const there = result({ image: 'b', env: { B: '2', C: null }, list: [] })
  expect(compareRenderings(here, there)).toEqual([
    { pointer: '/image', here: { value: 'a', origin: { layer: 'default', path: '/image' } }, there: { value: 'b' } },
    { pointer: '/env/A', here: { value: '1' }, there: {} },
    { pointer: '/env/C', here: {}, there: { value: null } },
  ])
  expect(compareRenderings(here, here)).toEqual([])
})

test('an origin is told in a few words, and says nothing twice', () => {
  expect(describeOrigin({ layer: 'default', path: '/image', through: ['{{ image }}'] }, '/image')).toBe('default')
  expect(describeOrigin({ layer: 'deployment', path: '/cpu' }, '/spec/limits/cpu')).toBe('deployment /cpu')
  const through = ['{{ token }}', '{{ prefect.blocks.secret.db }}']
  expect(describeOrigin({ layer: 'flow-run', path: '/token', through }, '/token')).toBe(
    'flow-run through {{ prefect.blocks.secret.db }}',
  )
  const parts = [{ layer: 'default' as const, path: '/tag' }]
  expect(describeOrigin({ layer: 'template', path: '/image', parts }, '/image')).toBe('template with default /tag')
})
