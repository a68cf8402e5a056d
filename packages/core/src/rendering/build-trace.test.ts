import { describe, expect, test } from 'vitest'
import { BuildOrigins } from './build-trace.ts'

const input = new Map([
  ['/image', { layer: 'default' as const, path: '/image' }],
  ['/command', { layer: 'deployment' as const, path: '/command' }],
  ['/env/A', { layer: 'flow-run' as const, path: '/env/A' }],
])

describe('the origins of a result', () => {
  test('are those of the input at the same place, where nothing was told', () => {
    expect(new BuildOrigins().of({ image: 'x' }, input).get('/image')).toEqual({ layer: 'default', path: '/image' })
  })

  test('follow a mapping that was moved, and stop at a text that was taken apart', () => {
    const origins = new BuildOrigins()
    origins.copied('/spec/env', '/env')
    origins.copied('/argv', '/command')
    const of = origins.of({ spec: { env: { A: '1' } }, argv: ['sh', 'x'] }, input)
    expect(of.get('/spec/env/A')).toEqual({ layer: 'flow-run', path: '/env/A' })
    expect(of.get('/argv/1')).toEqual({ layer: 'deployment', path: '/command' })
  })

  test('are what was told last, and deepest', () => {
    const origins = new BuildOrigins()
    origins.added('/env/A', 'worker', '/settings/A')
    origins.copied('/env', '/env')
    origins.added('/env/B', 'attempt', '/key')
    const of = origins.of({ env: { A: '1', B: '2' } }, input)
    expect(of.get('/env/A')).toEqual({ layer: 'flow-run', path: '/env/A' })
    expect(of.get('/env/B')).toEqual({ layer: 'attempt', path: '/key' })
  })

  test('of what is there twice are the same, with what was told below the first place before', () => {
    const origins = new BuildOrigins()
    origins.added('/env/B', 'run', '/flow_run/id')
    origins.moved('/pod/env', '/env')
    origins.added('/env/C', 'attempt', '/key')
    origins.added('/pod/env/D', 'attempt', '/key')
    const env = { A: '1', B: '2', C: '3', D: '4' }
    const of = origins.of({ env, pod: { env } }, input)
    expect(of.get('/pod/env/A')).toEqual({ layer: 'flow-run', path: '/env/A' })
    expect(of.get('/pod/env/B')).toEqual({ layer: 'run', path: '/flow_run/id' })
    expect(of.get('/pod/env/D')).toEqual({ layer: 'attempt', path: '/key' })
    expect(of.get('/env/D')).toEqual({ layer: 'type', path: '/env/D' })
  })

  test('are of this result alone, whatever was told of one before it', () => {
    const before = new BuildOrigins()
    before.added('/image', 'worker', '/settings/IMAGE')
    before.of({ image: 'x', command: 'y' }, input)
    expect(new BuildOrigins().of({ image: 'x', command: 'y' }, new Map()).get('/image')).toEqual({
      layer: 'type',
      path: '/image',
    })
  })

  test("are the type's where nothing else is known, for empty mappings and escaped keys too", () => {
    expect(Object.fromEntries(new BuildOrigins().of({ limits: {}, 'a/b': 1 }, input))).toEqual({
      '/limits': { layer: 'type', path: '/limits' },
      '/a~1b': { layer: 'type', path: '/a~1b' },
    })
  })
})
