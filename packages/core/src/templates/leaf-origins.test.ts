import { describe, expect, test } from 'vitest'
import { LeafOrigins } from './leaf-origins.ts'
import type { Origin } from './origins.ts'

const image: Origin = { layer: 'default', path: '/image' }
const name: Origin = { layer: 'flow-run', path: '/name' }

function make(): LeafOrigins {
  const origins = new LeafOrigins()
  origins.add('/image', image)
  origins.add('/name', name)
  return origins
}

describe('origins of leaves', () => {
  test('read as a Map of the same entries does, in the order in which they were added', () => {
    const [origins, map] = [make(), new Map(Object.entries({ '/image': image, '/name': name }))]
    expect([...origins]).toEqual([...map])
    expect([...origins.keys()]).toEqual([...map.keys()])
    expect([...origins.values()]).toEqual([...map.values()])
    expect(origins.size).toBe(map.size)
    const visited: [string, Origin][] = []
    origins.forEach((origin, pointer) => {
      visited.push([pointer, origin])
    })
    expect(visited).toEqual([...map])
    expect(new Map(origins)).toEqual(map)
  })

  test('are found by pointer, also those added after one was asked for', () => {
    const origins = make()
    expect(origins.get('/image')).toBe(image)
    expect(origins.has('/command')).toBe(false)
    origins.add('/command', name)
    expect(origins.get('/command')).toBe(name)
  })
})
