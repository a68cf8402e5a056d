import { expect, test } from 'vitest'
import { editDistance, findNearest } from './nearest.ts'

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
