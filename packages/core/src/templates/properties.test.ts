import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RunContext } from '../infrastructure-definition.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { dropNumberSources, type TemplateValue } from '../python-text.ts'
import { applyValues } from './apply-values.ts'
import { compileTemplate } from './compile.ts'
import { leafPointers } from './origins.ts'
import { prepareBase } from './prepare.ts'
import type { ReferenceLookup } from './references.ts'
import { resolveJob, resolveJobValue } from './resolve-job.ts'

const NAMES = ['image', 'cpu', 'env', 'labels', 'a', 'b-c', '__proto__', 'constructor']
const name = fc.constantFrom(...NAMES)
const plainText = fc.string({ unit: 'binary' }).filter((text) => !text.includes('{'))
const placeholder = fc.tuple(name, fc.constantFrom('', '.a', '[0]', '.a.b[-1]')).map(([of, path]) => `{{ ${of}${path} }}`)
const key = fc.oneof(name, fc.string({ maxLength: 6 }), fc.constantFrom('a/b', '~', '', '$ref', 'valueOf'))

/** JSON in which texts are made by the given arbitrary. */
const jsonOf = (text: fc.Arbitrary<string>): fc.Arbitrary<JsonValue> =>
  fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'json' },
      text,
      fc.constantFrom<JsonValue>(null, true, false, 0, 1, -1.5, 1e21, ''),
      fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'json' }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4, depthIdentifier: 'json' }).map(toObject),
    ),
  })).value

const toObject = (entries: [string, JsonValue][]): JsonObject => Object.fromEntries(entries)
const values = fc.array(fc.tuple(name, jsonOf(fc.oneof(plainText, placeholder))), { maxLength: 6 }).map(toObject)
const template = fc
  .record({
    fields: fc.array(fc.tuple(key, jsonOf(fc.oneof(plainText, placeholder, mixed()))), { maxLength: 6 }),
    defaults: values,
  })
  .map(({ fields, defaults }) => ({
    job_configuration: toObject(fields.filter(([field]) => !['env', 'labels', 'name', 'command'].includes(field))),
    variables: {
      type: 'object',
      properties: toObject(Object.entries(defaults).map(([field, value]) => [field, { default: field === 'env' ? {} : value }])),
    },
  }))
const layer = values.map((given) => toObject(Object.entries(given).filter(([field]) => field !== 'env')))
const layers = fc.record({ deployment: fc.option(layer), flowRun: fc.option(layer) })

function mixed(): fc.Arbitrary<string> {
  return fc.array(fc.oneof(plainText, placeholder), { minLength: 2, maxLength: 4 }).map((parts) => parts.join(''))
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) freeze(item)
  return Object.freeze(value)
}

/** Without prototypes and hidden keys: what a JSON reader would see. */
const show = (value: unknown) => JSON.stringify(value)

describe('rendering, whatever the template and the values are', () => {
  test('never changes what it was given (rows 21, 23)', async () => {
    await fc.assert(
      fc.asyncProperty(template, layers, async (one, over) => {
        const compiled = compileTemplate(freeze(one))
        const frozen = freeze(over)
        await resolveJob(compiled, frozen)
        await resolveJobValue(compiled, frozen)
      }),
    )
  })

  test('gives the same job with origins and without, and each of its leaves has an origin', async () => {
    await fc.assert(
      fc.asyncProperty(template, layers, async (one, over) => {
        const compiled = compileTemplate(one)
        const resolved = await resolveJob(compiled, over)
        expect(show(await resolveJobValue(compiled, over))).toBe(show(resolved.value))
        const base = ['/name', '/command', '/env', '/labels']
        const leaves = leafPointers(resolved.value)
        expect(leaves.filter((leaf) => !resolved.origins.has(leaf) && !base.includes(leaf))).toEqual([])
      }),
    )
  })

  test('leaves a template without placeholders as it is, once and again', () => {
    fc.assert(
      fc.property(jsonOf(plainText), values, (one, given) => {
        const once = applyValues(one, given)
        expect(show(once)).toBe(show(one))
        expect(show(applyValues(once as TemplateValue, given))).toBe(show(one))
      }),
    )
  })

  test('keeps the type of a value that is the whole of a placeholder (rows 22, 24)', () => {
    fc.assert(
      fc.property(jsonOf(plainText), (value) => {
        const filled = applyValues({ x: '{{ it }}', y: ['{{ a.it }}'] }, { it: value, a: { it: value } }) as JsonObject
        expect(show(filled)).toBe(show({ x: value, y: [value] }))
      }),
    )
  })

  test('never evaluates: what looks like a placeholder in a value stays as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(placeholder, fc.constantFrom('{{ secret }}', '{{ $HOME }}', '{% x %}', '$x')), (text) => {
        const given = { it: text, secret: 'no', image: 'no', cpu: ['no'] }
        const filled = applyValues({ whole: '{{ it }}', part: '<{{ it }}>' }, given, { environment: { HOME: 'no' } })
        expect(filled).toEqual({ whole: text, part: `<${text}>` })
      }),
    )
  })

  test('never takes a value of one run for another, also side by side (row 21)', async () => {
    const one = compileTemplate({
      job_configuration: {
        env: { A: '{{ it }}' },
        x: '{{ it }}',
        y: '{{ deep.it }}',
        z: '{{ prefect.variables.slow }}',
        d: '{{ kept }}',
      },
      variables: { type: 'object', properties: { kept: { default: { list: [1] } } } },
    })
    let waiting: (() => void)[] = []
    let awaited = 0
    const lookup: ReferenceLookup = {
      readBlockDocument: async () => null,
      readBlockDocumentById: async () => null,
      // All runs wait here for each other; the last one goes on first.
      readVariable: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve({ value: 'v' }))
          if (waiting.length === awaited) for (const go of waiting.toReversed()) go()
        }),
    }
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 5 }), async (ids) => {
        waiting = []
        awaited = ids.length
        const jobs = ids.map((id) => resolveJobValue(one, { flowRun: { it: id, deep: { it: [id] } } }, { lookup }))
        const made = await Promise.all(jobs)
        for (const [index, job] of made.entries()) {
          const id = ids[index]!
          expect(job).toMatchObject({ env: { A: id }, x: id, y: [id], z: 'v', d: { list: [1] } })
          const list = (job.d as { list: JsonValue[] }).list
          list.push(id)
        }
        expect((await resolveJobValue(one, {}, {})).d).toEqual({ list: [1] })
      }),
      { numRuns: 30 },
    )
  })

  test('prepares a job without changing it, and the same way each time', () => {
    const texts = fc.dictionary(fc.string({ maxLength: 8 }), fc.option(fc.string()), { maxKeys: 5 })
    const context = { flowRun: { id: 'r', name: 'cat', flow_id: 'f' }, flow: null, deployment: null, workPool: null }
    const run = freeze({
      ...context,
      worker: { name: 'w', id: null, settings: { A: '1' }, executeCommand: [] },
    }) as unknown as RunContext
    fc.assert(
      fc.property(texts, fc.option(fc.string()), (env, command) => {
        const job = freeze({ name: null, command, env, labels: {} })
        const once = prepareBase(job, run)
        expect(show(prepareBase(job, run))).toBe(show(once))
        expect(Object.values(once.env)).not.toContain(null)
        for (const [variable, text] of Object.entries(env)) if (text !== null) expect(once.env[variable]).toBe(text)
      }),
    )
  })

  test('makes plain JSON that shares nothing with its source', () => {
    fc.assert(
      fc.property(jsonOf(plainText), (value) => {
        const copy = dropNumberSources(freeze(value))
        expect(show(copy)).toBe(show(value))
        if (isJsonObject(copy)) expect(Object.isFrozen(copy)).toBe(false)
      }),
    )
  })
})
