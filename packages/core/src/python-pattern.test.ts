import { describe, expect, test } from 'vitest'
import { isAedileError } from './errors.ts'
import { findSchemaFailure } from './json-schema.ts'
import { toPattern } from './python-pattern.ts'

describe('patterns of JSON Schemas', () => {
  test('that would backtrack for ever are answered at once', () => {
    const text = `${'a'.repeat(100_000)}!`
    for (const pattern of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(.*a){12}$', '^([a-z]+)*[0-9]$', '^a*a*a*a*a*a*b$', '(x+x+)+y']) {
      expect(toPattern(pattern).test(text), pattern).toBe(false)
      const schema = { type: 'object', properties: { x: { type: 'string', pattern } } }
      expect(findSchemaFailure({ x: text }, schema)?.pointer, pattern).toBe('/x')
    }
  })

  test('that need backtracking run where they end soon, and are refused where they may not', () => {
    expect(toPattern('^(?!prod-)[a-z-]+$').test('test-1'.slice(0, 5))).toBe(true)
    expect(toPattern('^(?!prod-)[a-z-]+$').test('prod-x')).toBe(false)
    expect(toPattern('(?P<a>x)(?P=a)').test('xx')).toBe(true)
    const refused = (run: () => unknown) => {
      try {
        run()
      } catch (error) {
        return isAedileError(error, 'schema_invalid')
      }
      return false
    }
    expect(refused(() => toPattern('^(?=.)(a+)+$'))).toBe(true)
    expect(refused(() => toPattern('(a)\\1*b*c*d*'))).toBe(true)
    expect(refused(() => toPattern('(?=.)a*b*').test('a'.repeat(1_000_000)))).toBe(true)
  })

  test('mean what they mean in Python', () => {
    for (const [pattern, text, isFound] of [
      ['^([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', '500m', true],
      ['^([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', '500 m', false],
      ['b', 'abc', true],
      ['\\Aab\\Z', 'ab', true],
      ['(?P<year>\\d{4})-\\d\\d', '2026-01', true],
      ['(?i)ABC', 'xabc', true],
      ['^\\w+\\.[a-z]{2,}$', 'a.io', true],
      ['[\\s\\S]', '\ud800', true],
      ['^.{1,2000}$', 'x'.repeat(1500), true],
      ['^.$', '😀', true],
    ] as const) {
      expect(toPattern(pattern).test(text), pattern).toBe(isFound)
    }
    expect(() => toPattern('(')).toThrow(SyntaxError)
  })
})
