// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of TypeScript are what is written here
import { expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { writeVariableTypes } from './variable-types.ts'

const write = (pool: string, variables: JsonObject) => writeVariableTypes(pool, { job_configuration: {}, variables })
/** The lines between the opening and the closing brace of the variables. */
function members(properties: JsonObject, rest: JsonObject = {}): string[] {
  const text = write('p', { properties, ...rest })
  return /export type PVariables = \{\n([\s\S]*?)\n\}\n/
    .exec(text)![1]!
    .split('\n')
    .map((line) => line.trim())
}

test.each<[JsonObject, string]>([
  [{ type: 'string' }, 'string | null'],
  [{ type: 'integer', minimum: 1 }, 'number | null'],
  [{ type: ['boolean', 'null'] }, 'boolean | null'],
  [{ anyOf: [{ type: 'string', format: 'path' }, { type: 'null' }] }, 'string | null'],
  [{ enum: ["it's", 'a"b', 1, null] }, `'it\\'s' | 'a"b' | 1 | null`],
  [{ const: 'x' }, "'x' | null"],
  [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } }, '(string | number)[] | null'],
  [{ type: 'array', prefixItems: [{ type: 'string' }], items: false }, '[string?] | null'],
  [{ type: 'array' }, 'unknown[] | null'],
  [{ allOf: [{ type: 'string' }, { enum: ['a', 'b'] }] }, "(string & ('a' | 'b')) | null"],
  [{}, 'unknown'],
  [{ type: 'strin' }, 'unknown'],
  [{ $ref: '#/definitions/None' }, 'unknown'],
  [{ $ref: 'https://example.com/schema' }, 'unknown'],
])('%j is %s', (schema, type) => expect(members({ a: schema })).toEqual([`a?: ${type}`]))

test('a mapping of any keys may also be set entry by entry, a closed or named one not', () => {
  expect(
    members({
      env: { type: 'object', additionalProperties: { type: 'string' } },
      'a`${b}': { anyOf: [{ type: 'object' }, { type: 'null' }] },
      closed: { type: 'object', additionalProperties: false },
    }),
  ).toEqual([
    'env?: { [key: string]: string } | null',
    "'a`${b}'?: { [key: string]: unknown } | null",
    'closed?: Record<string, never> | null',
    '[entry: `env.${string}`]: string',
    '[entry: `a\\`\\${b}.${string}`]: unknown',
  ])
})

test('definitions become types of their own, also those that refer to themselves, and blocks may be references', () => {
  const text = write('my-pool', {
    definitions: {
      Tree: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, next: { $ref: '#/definitions/Tree' } },
      },
      Login: {
        type: 'object',
        block_type_slug: 'login',
        properties: { user: { type: 'string', description: 'Who */ logs in' } },
      },
      Loop: { $ref: '#/definitions/Loop' },
    },
    properties: {
      tree: { $ref: '#/definitions/Tree' },
      login: { $ref: '#/definitions/Login' },
      loop: { $ref: '#/definitions/Loop' },
    },
  })
  expect(text).toContain('export type MyPoolTree = {\n  name: string\n  next?: MyPoolTree | null\n}')
  expect(text).toContain('export type MyPoolLogin = {\n  /** Who * / logs in */\n  user?: string | null\n} | BlockReference')
  expect(text).toContain('export type MyPoolLoop = unknown')
  expect(text).toContain("interface WorkPools {\n    'my-pool': MyPoolVariables")
})

test.each(['2nd pool', "o'neil */", '池', '---'])('a pool may be named %j', (pool) => {
  expect(write(pool, { properties: { a: {} } })).toMatch(/^export type [\p{L}][\p{L}\p{N}]*Variables = \{$/mu)
})
