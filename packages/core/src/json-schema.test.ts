import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from './json.ts'
import { findSchemaFailure, findSchemaViolations, validateSchema } from './json-schema.ts'
import { preprocessSchema } from './json-schema-preprocessing.ts'

type SchemaCase = {
  schema: JsonObject
  value: JsonObject
  options: { ignore_required?: boolean; allow_none_with_default?: boolean }
  message: string | null
  preprocessed: JsonObject | null
}

// Made by fixtures/make-schema-cases.py, which asks a genuine Prefect.
const file = JSON.parse(readFileSync(new URL('fixtures/schema-cases.json', import.meta.url), 'utf8'))
const cases: SchemaCase[] = file.cases.map((one: SchemaCase) => ({
  ...one,
  schema: { ...one.schema, definitions: file.definitions },
}))

describe('checking a value against a JSON Schema', () => {
  test('says what a genuine server says, word for word', () => {
    for (const { schema, value, options, message } of cases) {
      const found = findSchemaFailure(value, schema, {
        ignoreRequired: options.ignore_required,
        allowNullWithDefault: options.allow_none_with_default,
      })
      expect(found?.message ?? null, JSON.stringify({ schema, value, options })).toBe(message)
    }
    expect(cases.length).toBeGreaterThan(1000)
  })

  test('mends schemas of an older pydantic as a genuine server does, and leaves the given one alone', () => {
    for (const { schema, options, preprocessed } of cases.filter((one) => one.preprocessed)) {
      const before = JSON.stringify(schema)
      expect(preprocessSchema(schema, options.allow_none_with_default)).toEqual(preprocessed)
      expect(JSON.stringify(schema)).toBe(before)
    }
  })

  test('points to the value that is wrong', () => {
    const schema: JsonObject = { properties: { 'a/b': { properties: { c: { items: { type: 'integer' } } } } } }
    expect(findSchemaFailure({ 'a/b': { c: [1, 'x'] } }, schema)).toMatchObject({
      pointer: '/a~1b/c/1',
      message: `Validation failed for field "$['a/b'].c[1]". Failure reason: 'x' is not of type 'integer'`,
    })
  })

  test('lists every violation', () => {
    const schema: JsonObject = { properties: { a: { type: 'integer' } }, required: ['a', 'b', 'c'] }
    expect(findSchemaViolations({ a: 'x' }, schema).map(({ message }) => message)).toEqual([
      "'x' is not of type 'integer'",
      "'b' is a required property",
      "'c' is a required property",
    ])
  })

  test('a schema that is none is refused', () => {
    expect(() => validateSchema({ type: 'text' })).toThrow("Invalid schema: 'text' is not valid under any of the given schemas")
    expect(() => validateSchema({ properties: { a: { type: 'string', default: 1 } } })).not.toThrow()
  })

  test('a reference to nothing is a failure with its name', () => {
    expect(findSchemaFailure({ a: 1 }, { properties: { a: { $ref: '#/definitions/None' } } })?.message).toContain(
      '#/definitions/None',
    )
  })

  test('patterns written for Python work, and one that names itself an older dialect is judged all the same', () => {
    const schema: JsonObject = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'same',
      properties: { a: { type: 'string', pattern: '\\A(?P<word>[a-z]+)\\-\\@(?P=word)\\Z' } },
    }
    expect(() => validateSchema(schema)).not.toThrow()
    expect(findSchemaFailure({ a: 'ab-@ab' }, schema)).toBeNull()
    expect(findSchemaFailure({ a: 'ab-@ac' }, schema)?.reason).toContain('does not match')
    expect(findSchemaFailure({ b: 1 }, { $id: 'same', required: ['a'] })?.reason).toBe("'a' is a required property")
  })

  test('a schema that refers to itself without end is refused', () => {
    expect(() => findSchemaFailure({}, { $ref: '#' })).toThrow('refers to itself without end')
  })
})
