import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../json.ts'
import { parseJsonKeepingNumbers } from '../python-text.ts'
import { diffTemplates, findNearestTemplate, isSame, isWording } from './template-diff.ts'
import { settleBy, upgradeTemplate } from './upgrade.ts'

/** Small mappings over few keys, so that the three sides meet. */
const key = fc.constantFrom('a', 'b', 'c', 'a/b', '~', '__proto__', 'toString')
const { mapping } = fc.letrec<{ value: JsonValue; mapping: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonValue>(0, 1, 'x', null, true),
    fc.array(fc.constantFrom<JsonValue>(0, 'x'), { maxLength: 2 }),
    tie('mapping'),
  ),
  mapping: fc
    .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 4, selector: ([name]) => name })
    .map((entries): JsonObject => Object.fromEntries(entries)),
}))

describe('an upgrade', () => {
  test('without edits of the user gives the new default, in its order', () => {
    fc.assert(
      fc.property(mapping, mapping, (base, theirs) => {
        const { template, conflicts, kept } = upgradeTemplate({ base, ours: structuredClone(base), theirs })
        const expected = isSame(base, theirs) ? base : theirs
        expect({ text: JSON.stringify(template), conflicts, kept }).toEqual({
          text: JSON.stringify(expected),
          conflicts: [],
          kept: [],
        })
      }),
    )
  })

  test("without changes of the default gives the user's, in its order", () => {
    fc.assert(
      fc.property(mapping, mapping, (base, ours) => {
        const { template, conflicts, taken } = upgradeTemplate({ base, ours, theirs: structuredClone(base) })
        expect({ text: JSON.stringify(template), conflicts, taken }).toEqual({
          text: JSON.stringify(ours),
          conflicts: [],
          taken: [],
        })
      }),
    )
  })

  test('never loses an edit: what the user changed is there, or named as a conflict', () => {
    fc.assert(
      fc.property(mapping, mapping, mapping, (base, ours, theirs) => {
        const { template } = upgradeTemplate({ base, ours, theirs })
        for (const { pointer, after } of diffTemplates(base, ours)) {
          const found = valueAt(template, pointer)
          // Into a mapping that both brought, the new default may have put keys of its own.
          const rest = diffTemplates({ x: after ?? null }, { x: found ?? null }).filter(({ kind }) => kind !== 'added')
          if (after === undefined ? found !== undefined : rest.length > 0) throw new Error(`${pointer} is lost`)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('settled for one side throughout holds that side at every conflict, and changes nothing else', () => {
    fc.assert(
      fc.property(mapping, mapping, mapping, (base, ours, theirs) => {
        const open = upgradeTemplate({ base, ours, theirs })
        const settled = upgradeTemplate({ base, ours, theirs }, settleBy({ ours: [], theirs: [''] }))
        expect(settled.conflicts.map(({ pointer }) => pointer)).toEqual(open.conflicts.map(({ pointer }) => pointer))
        for (const { pointer } of settled.conflicts)
          expect(isSame(valueAt(settled.template, pointer), valueAt(theirs, pointer))).toBe(true)
        expect([settled.taken, settled.kept]).toEqual([open.taken, open.kept])
      }),
    )
  })

  test('never changes its input', () => {
    fc.assert(
      fc.property(mapping, mapping, mapping, (base, ours, theirs) => {
        const before = JSON.stringify([base, ours, theirs])
        upgradeTemplate({ base, ours, theirs })
        expect(JSON.stringify([base, ours, theirs])).toBe(before)
      }),
    )
  })

  test('puts new keys where the default has them, and tells what came from where', () => {
    const base = { job: { a: 1, b: 2, c: [1], gone: 1 } }
    const ours = { job: { b: 2, mine: 0, a: 5, c: [2], gone: 1 } }
    const theirs = { job: { a: 1, new: 9, b: 3, c: [3] } }
    const upgrade = upgradeTemplate({ base, ours, theirs })
    expect(JSON.stringify(upgrade.template)).toBe('{"job":{"b":3,"mine":0,"a":5,"new":9,"c":[2]}}')
    expect(upgrade.conflicts).toEqual([{ pointer: '/job/c', base: [1], ours: [2], theirs: [3], chosen: null }])
    expect(upgrade.taken.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([
      'changed /job/b',
      'added /job/new',
      'removed /job/gone',
    ])
    expect(upgrade.kept.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual(['added /job/mine', 'changed /job/a'])
  })

  test('keeps numbers as they are written, and tells 1.0 from 1', () => {
    const read = (text: string) => parseJsonKeepingNumbers(text) as JsonObject
    const sides = {
      base: read('{"a":1,"b":2,"c":1e3}'),
      ours: read('{"a":1.0,"b":2,"c":1e3}'),
      theirs: read('{"a":1,"b":2.50,"c":1e3}'),
    }
    expect(JSON.stringify(upgradeTemplate(sides).template)).toBe('{"a":1.0,"b":2.50,"c":1e3}')
  })

  test('is settled by the nearest pointer above a conflict', () => {
    const settle = settleBy({ ours: ['/a'], theirs: ['', '/a/b'] })
    expect([settle('/a'), settle('/a/c'), settle('/a/b/c'), settle('/ab'), settle('/x')]).toEqual([
      'ours',
      'ours',
      'theirs',
      'theirs',
      'theirs',
    ])
    expect(settleBy({ ours: ['/a'], theirs: [] })('/b')).toBeNull()
  })
})

describe('a difference', () => {
  test('is none between a template and itself, in any order of keys', () => {
    fc.assert(
      fc.property(mapping, (template) => {
        const turned = Object.fromEntries(Object.entries(template).reverse())
        expect(diffTemplates(template, turned)).toEqual([])
      }),
    )
  })

  test('is named by kind and pointer; wording is told apart from what has an effect', () => {
    const from = { variables: { properties: { title: { title: 'A', type: 'string' }, b: {} } }, job_configuration: { args: [1] } }
    const to = {
      variables: { properties: { title: { title: 'B', type: 'string' }, description: {} } },
      job_configuration: { args: [2] },
    }
    expect(diffTemplates(from, to).map((change) => [change.kind, change.pointer, isWording(change)])).toEqual([
      ['changed', '/variables/properties/title/title', true],
      ['removed', '/variables/properties/b', false],
      ['added', '/variables/properties/description', false],
      ['changed', '/job_configuration/args', false],
    ])
  })

  test('finds the template that was edited', () => {
    const [newest, older] = [
      { a: 1, b: 2, c: 3 },
      { a: 1, b: 1 },
    ]
    expect(findNearestTemplate({ a: 5, b: 1 }, [newest, older])).toBe(older)
    expect(findNearestTemplate({ a: 5, b: 2, c: 3 }, [newest, older])).toBe(newest)
    expect(findNearestTemplate({}, [])).toBeNull()
  })
})

function valueAt(root: JsonValue | undefined, pointer: string): JsonValue | undefined {
  let at = root
  for (const name of pointer.split('/').slice(1)) {
    const own = name.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, own)) return undefined
    at = (at as JsonObject)[own]
  }
  return at
}
