import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../json.ts'
import { renderJinja } from './render.ts'
import { JinjaError } from './tokens.ts'

const NAMES: JsonObject = JSON.parse(
  '{"text": "a", "list": [1], "map": {"a": 1, "__proto__": {"x": "own"}, "constructor": "mine"}, "constructor": "named", "number": 1, "none": null}',
)

describe('a template reaches what it was given and nothing else', () => {
  const WORDS = [
    'constructor',
    'prototype',
    '__proto__',
    '__class__',
    '__defineGetter__',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'call',
    'then',
  ]
  const VALUES = [
    'text',
    'list',
    'number',
    'true',
    'none',
    '(1, 2)',
    '{}',
    '[]',
    "''",
    '1.5',
    'range(3)',
    'range',
    'text.upper',
    'nope',
    'loop',
    'namespace()',
  ]

  test('no name, attribute or key of JavaScript leads anywhere', () => {
    for (const value of VALUES) {
      for (const word of WORDS) {
        for (const way of [`.${word}`, `['${word}']`, `.${word}.${word}`, `|map(attribute='${word}')|list`]) {
          const template = `{{ (${value}${way}) is defined and ${value} is not iterable }}`
          expect(outcome(template), template).toMatch(/^(False|error)$/)
        }
        expect(outcome(`{{ ${value}.${word}('return this')() }}`), `${value}.${word}`).toBe('error')
      }
    }
    for (const name of [
      'this',
      'globalThis',
      'process',
      'require',
      'Object',
      'Function',
      'eval',
      'window',
      'toString',
      '__proto__',
    ]) {
      expect(outcome(`{{ ${name} is defined }}`), name).toBe('False')
    }
  })

  test('keys of the given values are theirs, whatever they are called', () => {
    expect(renderJinja("{{ constructor }} {{ map['constructor'] }} {{ map['__proto__'] }}", NAMES)).toBe(
      "named mine {'x': 'own'}",
    )
    expect(outcome('{{ {}.x }}{% set ns = namespace(__proto__=1) %}{% set ns.constructor = 2 %}{{ ns.constructor }}')).toBe('2')
    expect(({} as { x?: unknown }).x).toBeUndefined()
    expect(outcome('{{ text|constructor }}')).toBe('error')
    expect(outcome('{{ text is constructor }}')).toBe('error')
    expect(outcome('{{ text.replace.constructor("a")() }}')).toBe('error')
  })

  test('what it was given stays as it was', () => {
    const frozen = Object.freeze({ list: Object.freeze([1, 2]) }) as unknown as JsonObject
    expect(renderJinja('{% set x = list + [3] %}{{ x }}{{ list|sort(reverse=true) }}', frozen)).toBe('[1, 2, 3][2, 1]')
    expect(() => renderJinja('{{ list.append(3) }}', frozen)).toThrow(JinjaError)
  })
})

describe('a rendering is bounded', () => {
  test.each([
    ["{{ 'a' * 10000000000 }}", 'too large'],
    ['{{ [1] * 10000000000 }}', 'too large'],
    ['{{ 9 ** 10000 }}', 'too large'],
    [`{{ ${'9'.repeat(5000)} * 1 }}`, 'too large'],
    ['{% set a = 9 ** 3000 %}{{ a * a * a * a * a }}', 'too large'],
    ["{% for i in range(100) %}{% for j in range(100) %}{{ 'a' * 1000 }}{% endfor %}{% endfor %}", 'longer than'],
    ["{% set n = namespace(x='aaaaaaaaaa') %}{% for i in range(100) %}{% set n.x = n.x + n.x %}{% endfor %}", 'too large'],
    ['{% set n = namespace(x=[1]) %}{% for i in range(100) %}{% set n.x = n.x + n.x %}{% endfor %}', 'too large'],
    ['{% set n = namespace(x="a") %}{% for i in range(100) %}{% set n.x = n.x|replace("a", "aa") %}{% endfor %}', 'too large'],
    ["{{ 'a'|center(10000000000) }}", 'too large'],
    [`{% for i in range(100) %}{% for j in range(100) %}${'{% set x = 1 %}'.repeat(30)}{% endfor %}{% endfor %}`, 'steps'],
    ['{{ range(1000000000000) }}', 'Range too big'],
    [`{{ ${'('.repeat(10_000)}1${')'.repeat(10_000)} }}`, 'nested'],
    [`{{ ${'['.repeat(10_000)} }}`, 'nested|unexpected'],
    [`{{ ${'-'.repeat(10_000)}1 }}`, 'nested'],
    [`{{ ${'not '.repeat(10_000)}1 }}`, 'nested'],
    [`${'{% if 1 %}'.repeat(10_000)}`, 'nested'],
    [`{{ ${'a if '.repeat(10_000)} }}`, 'nested|unexpected|expected'],
  ])('%# ends with an error that says why', (template, why) => {
    expect(() => renderJinja(template, {})).toThrow(new RegExp(why))
  })

  test('also for long texts and many parts', () => {
    expect(renderJinja(`{{ 1 }}${'a'.repeat(500_000)}`, {})).toHaveLength(500_001)
    expect(renderJinja('{{ x }}'.repeat(10_000), { x: 1 })).toHaveLength(10_000)
    expect(() => renderJinja(`{{ ${'1 + '.repeat(50_000)}1 }}`, {})).toThrow(JinjaError)
    expect(() => renderJinja(`{{ x${'.a'.repeat(50_000)} }}`, {})).toThrow(JinjaError)
    expect(() => renderJinja(`{{ x${'|upper'.repeat(50_000)} }}`, {})).toThrow(JinjaError)
  })

  test('whatever is written, the answer is a text or a JinjaError', () => {
    const piece = fc.constantFrom(
      ...'{{ }} {% %} {# #} {%- -%} if else elif endif for in endfor set endset x list map . [ ] ( ) | , : = == + - * ** / // % ~ not and or is upper join default 1 2.5 "a" \' none true \n \ud800 raw endraw'.split(
        ' ',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(['string', 'error']).toContain(typeof attempt(pieces.join(' ')) === 'string' ? 'string' : 'error')
      }),
      { numRuns: 2000 },
    )
  })
})

function outcome(template: string): string {
  return attempt(template) ?? 'error'
}

/** The text, or null for a JinjaError; anything else is a fault of ours and thrown. */
function attempt(template: string): string | null {
  try {
    return renderJinja(template, NAMES)
  } catch (error) {
    if (error instanceof JinjaError) return null
    throw error
  }
}
