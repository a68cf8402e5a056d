import { describe, expect, test } from 'vitest'
import { isAedileError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { findSchemaFailure, validateSchema } from '../json-schema.ts'
import { parseJsonKeepingNumbers, pythonStr } from '../python-text.ts'
import { applyValues } from './apply-values.ts'
import { compileTemplate } from './compile.ts'
import type { JobLayers } from './layers.ts'
import { resolveJob, resolveJobValue } from './resolve-job.ts'

const DEEP = 10_000
const MIB = 1024 * 1024
const nest = (depth: number, open: (inner: unknown) => unknown): unknown => {
  let value: unknown = 'x'
  for (let level = 0; level < depth; level++) value = open(value)
  return value
}
const DEEP_VALUES = [nest(DEEP, (inner) => [inner]), nest(DEEP, (inner) => ({ a: inner }))] as never[]
const templateOf = (configuration: object, properties: object = {}) => ({
  job_configuration: configuration,
  variables: { type: 'object', properties },
})

/** The code of the error, or null when there was none; anything that is no AedileError is a fault of ours. */
async function codeOf(work: () => unknown): Promise<string | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (isAedileError(error)) return error.code
    throw error
  }
}

describe('templates and variables that mean harm', () => {
  test('nested 10,000 deep are an error that says so, wherever they stand', async () => {
    for (const deep of DEEP_VALUES) {
      expect(await codeOf(() => compileTemplate(templateOf({ x: deep })))).toBe('template_invalid')
      expect(await codeOf(() => compileTemplate(templateOf({ x: '{{ a }}' }, { a: { default: deep } })))).toMatch(/invalid/)
      expect(await codeOf(() => compileTemplate({ job_configuration: {}, variables: { properties: {}, $defs: deep } }))).toMatch(
        /invalid/,
      )
      const compiled = compileTemplate(templateOf({ x: '{{ a }}', y: '<{{ a }}>' }))
      const all: JobLayers[] = [
        { deployment: { a: deep } },
        { flowRun: { a: deep } },
        { deployment: { 'a.b': deep, a: { b: 1 } } },
      ]
      for (const layers of all) {
        expect(await codeOf(() => resolveJob(compiled, layers))).toBe('job_variable_invalid')
        expect(await codeOf(() => resolveJobValue(compiled, layers))).toBe('job_variable_invalid')
      }
    }
  })

  test('nested 800 deep render', async () => {
    const compiled = compileTemplate(templateOf({ x: nest(800, (inner) => ({ a: inner })), y: '{{ v }}' } as object))
    const job = await resolveJob(compiled, { flowRun: { v: nest(800, (inner) => [inner]) as never } })
    expect(JSON.stringify(job.value.y)).toHaveLength(1603)
  })

  test('a path of 10,000 keys is a path', async () => {
    const compiled = compileTemplate(templateOf({ x: `{{ a${'.b'.repeat(DEEP)} }}`, y: `{{ a${'[0]'.repeat(DEEP)} }}` }))
    expect((await resolveJob(compiled, { flowRun: { a: { b: 1 } } })).value).not.toHaveProperty('x')
    expect(await codeOf(() => resolveJobValue(compiled, { flowRun: { [`a${'.b'.repeat(DEEP)}`]: 1 } }))).toBe(
      'job_variable_invalid',
    )
  })

  test('texts of 10 MB come out whole', async () => {
    const text = 'x{ {y '.repeat((10 * MIB) / 6)
    const compiled = compileTemplate(templateOf({ a: '{{ t }}', b: '<{{ t }}>', c: text, d: '{{ t[-1] }}', e: '{{ t[5] }}' }))
    const { value } = await resolveJob(compiled, { flowRun: { t: text } })
    expect(value.a === text && value.b === `<${text}>` && value.c === text).toBe(true)
    expect([value.d, value.e]).toEqual([' ', ' '])
    expect(applyValues('{{ '.repeat(MIB), {})).toHaveLength(3 * MIB)
    expect(applyValues(`{{${' '.repeat(MIB)}`, {})).toHaveLength(MIB + 2)
    expect(applyValues(`{{${' '.repeat(MIB)}x}}`, { x: 1 })).toBe(1)
  })

  test('10,000 placeholders are filled, and have their origins', async () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, `{{ v${index} }}`]))
    const given = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`v${index}`, index]))
    const text = Object.values(fields).join(' ')
    const { value, origins } = await resolveJob(compileTemplate(templateOf({ ...fields, text })), { flowRun: given })
    expect(value.f9999).toBe(9999)
    expect(String(value.text).split(' ')).toHaveLength(10_000)
    expect(origins.get('/text')?.parts).toHaveLength(10_000)
    const refer = Object.fromEntries(Object.keys(fields).map((field) => [field, '{{ prefect.variables.x }}']))
    const lookup = {
      readBlockDocument: async () => null,
      readBlockDocumentById: async () => null,
      readVariable: async () => ({ value: [1, 2] }),
    }
    const referred = await resolveJob(compileTemplate(templateOf(refer)), {}, { lookup })
    expect(referred.origins.size).toBe(20_000)
  })

  test('keys of JavaScript are keys', async () => {
    const text =
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "toString": "t", "env": {"__proto__": "e", "constructor": "c"}}'
    const hostile = JSON.parse(text) as JsonObject
    const compiled = compileTemplate({
      job_configuration: JSON.parse(
        `{"__proto__": "{{ __proto__ }}", "constructor": "{{ constructor.prototype }}", "x": "{{ toString }}", "env": {}}`,
      ),
      variables: { type: 'object', properties: JSON.parse('{"__proto__": {"default": 1}, "constructor": {"default": 2}}') },
    })
    for (const layers of [{ deployment: hostile }, { flowRun: hostile }, { deployment: hostile, flowRun: hostile }]) {
      const { value, origins } = await resolveJob(compiled, layers)
      expect(JSON.stringify(value)).toContain('"__proto__":{"polluted":1},"constructor":{"polluted":1},"x":"t"')
      expect(Object.entries(value.env)).toEqual([
        ['__proto__', 'e'],
        ['constructor', 'c'],
      ])
      expect(origins.get('/__proto__/polluted')?.path).toBe('/__proto__/polluted')
    }
    const dotted = JSON.parse('{"__proto__.polluted": 1, "constructor.prototype.polluted": 1, "a.__proto__.polluted": 1}')
    await resolveJob(compiled, { flowRun: dotted })
    const unset = await resolveJob(
      compileTemplate(templateOf({ a: '{{ constructor.name }}', b: '{{ x.__proto__ }}', c: '{{ valueOf }}' })),
      { flowRun: { x: {} } },
    )
    expect(Object.keys(unset.value)).toEqual(['name', 'command', 'env', 'labels'])
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('half a character stays one', async () => {
    const compiled = compileTemplate(
      templateOf({ '\ud800': '{{ a }}', b: '\udc00{{ a }}\ud83d', c: '{{ a[0] }}' }, { a: { type: 'string', pattern: '^.+$' } }),
    )
    const { value, warnings } = await resolveJob(compiled, { flowRun: { a: '\ud800' } })
    expect([value['\ud800'], value.b, value.c]).toEqual(['\ud800', '\udc00\ud800\ud83d', '\ud800'])
    expect(warnings).toEqual([])
    expect(pythonStr(['\ud800'])).toBe("['\\ud800']")
  })

  test('schemas that refer to themselves are checked, or refused where there is no end', async () => {
    const tree = {
      $defs: { t: { type: 'object', properties: { t: { $ref: '#/$defs/t' } } } },
      properties: { x: { $ref: '#/$defs/t' } },
    }
    expect(findSchemaFailure({ x: { t: { t: { t: 1 } } } }, tree as never)?.pointer).toBe('/x/t/t/t')
    for (const endless of [
      { properties: { x: { $ref: '#/properties/x' } } },
      { $ref: '#' },
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, properties: { x: { $ref: '#/$defs/a' } } },
      { properties: { x: { allOf: [{ $ref: '#/properties/x' }] } } },
      { properties: { x: { anyOf: [{ $ref: '#/properties/x' }, { type: 'integer' }] } } },
    ] as JsonObject[]) {
      expect(await codeOf(() => findSchemaFailure({ x: 'a' }, endless))).toBe('schema_invalid')
      const compiled = compileTemplate({ job_configuration: { x: '{{ x }}' }, variables: endless })
      const { value, warnings } = await resolveJob(compiled, { flowRun: { x: 'a' } })
      expect(value.x).toBe('a')
      expect(warnings.map(({ kind }) => kind)).toContain('ill-typed-variable')
    }
  })

  test('values 10,000 deep are refused by a schema that follows them', async () => {
    const schema = {
      properties: { x: { $ref: '#/$defs/l' } },
      $defs: { l: { type: ['array', 'object'], items: { $ref: '#/$defs/l' } } },
    }
    expect(await codeOf(() => findSchemaFailure({ x: DEEP_VALUES[0]! }, schema as JsonObject))).toBe('schema_invalid')
    expect(await codeOf(() => validateSchema({ properties: { x: nest(DEEP, (inner) => ({ not: inner })) as never } }))).toBe(
      'schema_invalid',
    )
    expect(
      await codeOf(() => findSchemaFailure({}, { properties: { x: nest(DEEP, (inner) => ({ not: inner })) as never } })),
    ).toBe('schema_invalid')
  })

  test('JSON nested 100,000 deep is refused as it is read', () => {
    const text = `${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`
    expect(() => parseJsonKeepingNumbers(text)).toThrow(SyntaxError)
  })
})
