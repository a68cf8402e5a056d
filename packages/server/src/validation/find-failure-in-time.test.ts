import { expect, test } from 'vitest'
import { findFailureInTime } from './find-failure-in-time.ts'

const schema = (pattern: string) => ({ type: 'object', properties: { name: { type: 'string', pattern } } })

test('a pattern that takes exponential time is given up, and the next check goes on as if nothing was', () => {
  const check = () => findFailureInTime({ name: `${'a'.repeat(60)}!` }, schema('^(a+)+$'))
  expect(check).toThrow('Invalid schema: checking a value against it took more than 500 ms; simplify its regular expressions')
  expect(findFailureInTime({ name: 'aaa' }, schema('^(a+)+$'))).toBeNull()
})

test('a pattern that does not hold is told like any other failure', () => {
  expect(findFailureInTime({ name: 'b' }, schema('^a$'))?.message).toContain("'b' does not match '^a$'")
  expect(findFailureInTime({ name: 1 }, { properties: { name: { type: 'string' } } })?.reason).toContain('1 is not')
})
