import { expect, test } from 'vitest'
import { findFailureInTime } from './find-failure-in-time.ts'

const schema = (pattern: string) => ({ type: 'object', properties: { name: { type: 'string', pattern } } })

test('a check that takes too long is given up, and the next one goes on as if nothing was', () => {
  const unique = { properties: { list: { uniqueItems: true } } }
  const list = Array.from({ length: 50_000 }, (_, index) => ({ a: [{ b: index }] }))
  const check = () => findFailureInTime({ list }, unique)
  expect(check).toThrow('Invalid schema: checking a value against it took more than 500 ms; simplify it')
  expect(findFailureInTime({ list: list.slice(0, 10) }, unique)).toBeNull()
})

test('a pattern that would backtrack for ever is answered', () => {
  expect(findFailureInTime({ name: `${'a'.repeat(60)}!` }, schema('^(a+)+$'))?.message).toContain('does not match')
})

test('a pattern that does not hold is told like any other failure', () => {
  expect(findFailureInTime({ name: 'b' }, schema('^a$'))?.message).toContain("'b' does not match '^a$'")
  expect(findFailureInTime({ name: 1 }, { properties: { name: { type: 'string' } } })?.reason).toContain('1 is not')
})
