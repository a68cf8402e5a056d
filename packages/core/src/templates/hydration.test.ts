import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { hydrate } from './hydration.ts'

const variables: JsonObject = { region: 'eu', settings: { a: [1] }, none: null }
const context = {
  readVariable: async (name: string) => (Object.hasOwn(variables, name) ? { value: variables[name]! } : null),
  jinja: { flow: { name: 'etl', tags: ['x'] }, yes: true },
}
const run = (value: JsonObject) => hydrate(value, context)

describe('hydrating parameters', () => {
  test('each kind becomes what it stands for, at any depth', async () => {
    const value = {
      plain: [1, { x: null }],
      json: { __prefect_kind: 'json', value: '{"a": [1, "b"]}' },
      nested: [{ __prefect_kind: 'json', value: { __prefect_kind: 'jinja', template: '["{{ flow.name }}"]' } }],
      variable: { deep: { __prefect_kind: 'workspace_variable', variable_name: 'settings' } },
      null: { __prefect_kind: 'workspace_variable', variable_name: 'none' },
      jinja: { __prefect_kind: 'jinja', template: '{{ flow.tags[0] }} {{yes}} {{ unknown.x }}.\n' },
      none: { __prefect_kind: 'none', value: { __prefect_kind: 'json', value: '1' } },
      other: { __prefect_kind: 'other', value: 'kept' },
      bare: { __prefect_kind: 'other' },
    }
    expect(await run(value)).toEqual({
      plain: [1, { x: null }],
      json: { a: [1, 'b'] },
      nested: [['etl']],
      variable: { deep: { a: [1] } },
      null: null,
      jinja: 'x True .',
      none: 1,
      other: 'kept',
      bare: null,
    })
  })

  test('an unfinished json or variable is removed from where it stands', async () => {
    const unfinished = { __prefect_kind: 'json' }
    expect(await run({ a: unfinished, b: [unfinished, 1], c: { __prefect_kind: 'workspace_variable' } })).toEqual({ b: [1] })
    expect(await run(unfinished)).toEqual({})
  })

  test('what cannot be hydrated is refused in the words of the API', async () => {
    const refused = (value: JsonObject) => expect(run({ x: value })).rejects
    await refused({ __prefect_kind: 'workspace_variable', variable_name: 'gone' }).toThrow(
      "Variable 'gone' not found in workspace.",
    )
    await refused({ __prefect_kind: 'none' }).toThrow("Missing 'value' key in __prefect object")
    await refused({ __prefect_kind: 'jinja' }).toThrow("Missing 'template' key in __prefect object")
    await refused({ __prefect_kind: 'json', value: '{' }).toThrow('Invalid JSON: ')
  })

  test('a template that is none, or uses what Jinja has and we have not, is refused, never rendered half', async () => {
    for (const template of [
      '{{ x',
      '{% if %}',
      '{{ x | nosuch }}',
      '{% macro f() %}{% endmacro %}',
      '{{ 1 + none }}',
      '{{ lipsum() }}',
    ]) {
      await expect(run({ x: { __prefect_kind: 'jinja', template } }), template).rejects.toThrow('Invalid jinja: ')
    }
    await expect(run({ x: { __prefect_kind: 'jinja', template: 3 } })).rejects.toThrow('Invalid jinja: ')
    expect(await run({ x: { __prefect_kind: 'jinja', template: 'no { template }\n' } })).toEqual({ x: 'no { template }\n' })
  })
})
