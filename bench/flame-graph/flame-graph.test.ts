import { expect, it } from 'vitest'
import { buildTree, type CpuProfile } from './build-tree.ts'
import { drawFlameGraph } from './draw.ts'

const frame = (functionName: string, url = 'file:///somewhere/packages/server/src/a.ts') => ({ functionName, url, lineNumber: 9 })

const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 5, 6] },
    { id: 2, callFrame: frame('handle'), children: [3, 4] },
    { id: 3, callFrame: frame('parse', 'node:internal/x') },
    { id: 4, callFrame: frame('a<b', 'file:///x/node_modules/pg/lib/client.js') },
    { id: 5, callFrame: frame('(idle)', '') },
    { id: 6, callFrame: frame('handle'), children: [7] },
    { id: 7, callFrame: frame('parse', 'node:internal/x') },
  ],
  samples: [3, 4, 5, 2, 7],
  timeDeltas: [100, 200, 5000, 50, 300],
}

it('puts equal calls together, counts a caller with what it called, and leaves waiting out', () => {
  const root = buildTree(PROFILE)
  expect(root.microseconds).toBe(650)
  expect(root.children).toHaveLength(1)
  const [handle] = root.children
  expect(handle).toMatchObject({ name: 'handle', place: 'packages/server/src/a.ts:10', microseconds: 650 })
  expect(handle!.children.map(({ name, place, microseconds }) => [name, place, microseconds])).toEqual([
    ['parse', 'node:internal/x:10', 400],
    ['a<b', 'pg/lib/client.js:10', 200],
  ])
})

it('leaves out what was before a second', () => {
  expect(buildTree(PROFILE, 0.005).microseconds).toBe(350)
})

it('draws names as text of XML, and colours for dark', () => {
  const svg = drawFlameGraph(buildTree(PROFILE), 'a & b')
  expect(svg).toContain('a &amp; b: 0.0 s at work')
  expect(svg).toContain('a&lt;b, pg/lib/client.js:10: 30.8 %')
  expect(svg).toContain('prefers-color-scheme: dark')
})
