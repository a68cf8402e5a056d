import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Job, RunContext } from '../infrastructure-definition.ts'
import type { JsonObject } from '../json.ts'
import {
  dropNumberSources,
  isTruthy,
  parseJsonKeepingNumbers,
  pythonRepr,
  pythonStr,
  type TemplateValue,
} from '../python-text.ts'
import { quoteShellWord, splitShellWords } from '../shell-words.ts'
import { applyValues } from './apply-values.ts'
import { compileTemplate } from './compile.ts'
import { hydrate } from './hydration.ts'
import { findJsonError } from './json-error-text.ts'
import { leafPointers } from './origins.ts'
import { findPlaceholders } from './placeholders.ts'
import { prepareBase } from './prepare.ts'
import { type ReferenceLookup, resolveReferences } from './references.ts'
import { resolveJob } from './resolve-job.ts'

type Mapping = { [key: string]: TemplateValue }
type Case = { template: TemplateValue; value?: TemplateValue; error?: string; notset?: boolean }
type Cases = {
  environment: Record<string, string>
  values: Mapping
  blocks: { slug: string; name: string; id: string; data: Mapping }[]
  variables: Mapping
  apply: (Case & { options: { remove_notset?: boolean; skip_prefixes?: string[] } })[]
  placeholders: { template: TemplateValue; found: string[][] }[]
  references: Case[]
  resolve: (Case & { deployment: Mapping; flowRun: Mapping })[]
  prepare: (Omit<RunContext, 'worker'> & { job: Job; worker: RunContext['worker']; value: TemplateValue & Job })[]
  process: (Case & { deployment: Mapping; flowRun: Mapping })[]
  shell: { text: string; quoted: string; split: { value?: string[]; error?: string } }[]
  text: { value: TemplateValue; str: string; repr: string }[]
  json: { text: string; error: string }[]
  hydration: { value: JsonObject; hydrated?: JsonObject; error?: string }[]
  jinjaNames: JsonObject
  jinja: { template: string; rendered?: string; error?: string }[]
}

// Made by fixtures/make-cases.py, which asks a genuine Prefect.
const text = readFileSync(new URL('fixtures/cases.json', import.meta.url), 'utf8')
const cases = parseJsonKeepingNumbers(text) as unknown as Cases
const { environment } = cases

const lookup: ReferenceLookup = {
  readBlockDocument: async (slug, name) => cases.blocks.find((block) => block.slug === slug && block.name === name) ?? null,
  readBlockDocumentById: async (id) => cases.blocks.find((block) => block.id === id) ?? null,
  readVariable: async (name) => (Object.hasOwn(cases.variables, name) ? { value: cases.variables[name]! } : null),
}

/** Compared as text, so that the order of keys counts too. */
function show(value: unknown): string {
  return value === undefined ? 'not set' : pythonRepr(value as TemplateValue)
}

describe('what a genuine Prefect makes of it is what we make of it', () => {
  test('filling a template', () => {
    for (const { template, options, value } of cases.apply) {
      const { remove_notset: removeNotset, skip_prefixes: skipPrefixes } = options
      const filled = applyValues(template, cases.values, { removeNotset, skipPrefixes, environment })
      expect(show(filled), `${show(template)} with ${JSON.stringify(options)}`).toBe(show(value))
    }
    expect(cases.apply.length).toBeGreaterThan(800)
  })

  test('finding placeholders', () => {
    for (const { template, found } of cases.placeholders) {
      const ours = findPlaceholders(template).map(({ text, name, kind }) => [text, name, kind])
      expect(ours.sort(), show(template)).toEqual(found.sort())
    }
  })

  test('block references and variables', async () => {
    for (const { template, value, error } of cases.references) {
      const resolving = resolveReferences(template, lookup)
      const code = error === 'ObjectNotFound' ? 'template_block_not_found' : 'template_invalid'
      if (error) await expect(resolving, show(template)).rejects.toMatchObject({ code })
      else expect(show(await resolving), show(template)).toBe(show(value))
    }
  })

  test('a job from a work pool, a deployment and a flow run', async () => {
    for (const { template, deployment, flowRun, value, error } of cases.resolve) {
      const resolving = resolveJob(compileTemplate(template), { deployment, flowRun }, { lookup, environment })
      const hint = JSON.stringify({ template, deployment, flowRun }, null, 1)
      if (error) {
        await expect(resolving, hint).rejects.toMatchObject({ name: 'AedileError' })
        continue
      }
      const resolved = await resolving
      expect(withoutUndefined(resolved.value), hint).toEqual(withoutUndefined(dropNumberSources(value!)))
      const leaves = leafPointers(resolved.value)
      expect(
        [...resolved.origins.keys()].filter((pointer) => !leaves.includes(pointer)),
        hint,
      ).toEqual([])
      const base = ['/name', '/command', '/env', '/labels']
      expect(
        leaves.filter((leaf) => !resolved.origins.has(leaf) && !base.includes(leaf)),
        hint,
      ).toEqual([])
    }
  })

  test('preparation: environment, labels, name and command', () => {
    for (const { job, flowRun, flow, deployment, workPool, worker, value } of cases.prepare) {
      const context: RunContext = { flowRun, flow, deployment, workPool, worker }
      const prepared = prepareBase(job, context)
      const genuine = dropNumberSources(value) as Job
      // Genuine workers keep a name that is no text, and fail later.
      const name = typeof genuine.name === 'string' ? genuine.name : pythonStr(genuine.name)
      expect(Object.entries(prepared.env), String(job.name)).toEqual(Object.entries(genuine.env))
      expect(Object.entries(prepared.labels)).toEqual(Object.entries(genuine.labels))
      expect(prepared).toEqual({ ...genuine, name })
    }
  })

  test('the configuration of a process', async () => {
    for (const { template, deployment, flowRun, value } of cases.process) {
      const { value: ours } = await resolveJob(compileTemplate(template), { deployment, flowRun })
      const genuine = dropNumberSources(value!) as Job
      expect(ours.command).toBe(genuine.command)
      expect(ours.stream_output).toBe(genuine.stream_output)
      const set = Object.entries(ours.env).filter(([, text]) => text !== null)
      for (const [name, text] of set) expect(genuine.env[name]).toBe(text)
    }
  })

  test('splitting and quoting words', () => {
    for (const { text, quoted, split } of cases.shell) {
      expect(quoteShellWord(text)).toBe(quoted)
      if (split.error) expect(() => splitShellWords(text), text).toThrow('cannot be split')
      else expect(splitShellWords(text), text).toEqual(split.value)
    }
  })

  test('what is wrong with a text that is no JSON', () => {
    for (const { text, error } of cases.json) expect(findJsonError(text), text).toBe(error)
    expect(findJsonError('{"a": [1, -2.5e3, "\\u00e9\\n", null, true, {}, []]} ')).toBeNull()
  })

  test('hydrating parameters', async () => {
    const variables = dropNumberSources(cases.variables) as JsonObject
    const readVariable = async (name: string) => (Object.hasOwn(variables, name) ? { value: variables[name]! } : null)
    for (const { value, hydrated, error } of cases.hydration) {
      const hydrating = hydrate(value, { readVariable, jinja: variables })
      if (error) await expect(hydrating, JSON.stringify(value)).rejects.toThrow(error)
      else expect(await hydrating, JSON.stringify(value)).toEqual(hydrated)
    }
  })

  test('templates of Jinja: expressions, statements, filters, tests, white space, what is undefined', async () => {
    for (const { template, rendered, error } of cases.jinja) {
      const hydrating = hydrate(
        { x: { __prefect_kind: 'jinja', template } },
        { readVariable: async () => null, jinja: cases.jinjaNames },
      )
      if (error) await expect.soft(hydrating, template).rejects.toThrow('Invalid jinja: ')
      else await expect.soft(hydrating, template).resolves.toEqual({ x: rendered })
    }
    expect(cases.jinja.length).toBeGreaterThan(130)
  })

  test('the text form of values', () => {
    for (const { value, str, repr } of cases.text) {
      expect(pythonStr(value)).toBe(str)
      expect(pythonRepr(value)).toBe(repr)
      expect(isTruthy(value)).toBe(!['', '0', '0.0', '-0.0', 'False', 'None', '[]', '{}'].includes(str))
    }
  })
})

function withoutUndefined(value: TemplateValue): unknown {
  return JSON.parse(JSON.stringify(value))
}
