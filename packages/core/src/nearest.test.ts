import { expect, test } from 'vitest'
import { createNearestFinder, editDistance, findNearest } from './nearest.ts'

test('counts inserted, deleted, changed and swapped characters', () => {
  expect(editDistance('', 'abc')).toBe(3)
  expect(editDistance('kitten', 'sitting')).toBe(3)
  expect(editDistance('worker', 'wokrer')).toBe(1)
  expect(editDistance('same', 'same')).toBe(0)
})

test('finds what was probably meant, whatever the case, and nothing when nothing is near', () => {
  const known = ['deploy', 'deployment', 'worker', 'work-pool']
  expect(findNearest('wroker', known)).toBe('worker')
  expect(findNearest('Deplyo', known)).toBe('deploy')
  expect(findNearest('work-pol', known)).toBe('work-pool')
  expect(findNearest('banana', known)).toBeNull()
  expect(findNearest('x', [])).toBeNull()
})

test('a finder for strangers stops comparing when it has done enough, and says nothing rather than the wrong thing', () => {
  const find = createNearestFinder(['image', 'command'])
  expect([find('imgae'), find('zzz')]).toEqual(['image', null])
  const long = Array.from({ length: 5_000 }, (_, index) => `${index}`.padStart(100, 'v'))
  const busy = createNearestFinder(long)
  expect(long.map((name) => busy(`${name}x`)).every((found) => found === null)).toBe(true)
})
