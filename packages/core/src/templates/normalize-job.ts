import { AedileError } from '../errors.ts'
import type { Job } from '../infrastructure-definition.ts'
import type { JsonValue } from '../json.ts'
import { dropNumberSources, isTemplateObject, pythonStr, SourceNumber, setEntry, type TemplateValue } from '../python-text.ts'
import { joinPointer } from './placeholders.ts'

type Values = { [key: string]: TemplateValue }

/**
 * Makes a job of a filled template: the four base fields are there and have their types. Values of `env` become text in
 * Python's form, null ones stay; an empty command is none. The type's own fields are left to the type. `onFlattened` hears
 * of each mapping or list that became text.
 */
export function normalizeJob(filled: TemplateValue, onFlattened?: (pointer: string) => void): Job {
  if (!isTemplateObject(filled)) throw new AedileError('template_invalid', { pointer: '/', why: 'expected a mapping' })
  const job: { [field: string]: JsonValue } = {}
  for (const key of Object.keys(filled)) {
    if (key !== 'env' && key !== 'labels') setEntry(job, key, dropNumberSources(filled[key]!))
    else job[key] = {}
  }
  job.name = textOrNull('/name', filled.name ?? null)
  job.command = textOrNull('/command', filled.command ?? null) || null
  // A list is Kubernetes' own form: that type reads it, `prepareBase` refuses it for all others.
  if (Array.isArray(filled.env)) job.env = dropNumberSources(filled.env)
  else job.env = normalizeEnvironment(mapping('/env', filled.env === undefined ? {} : filled.env), onFlattened)
  job.labels = normalizeLabels(mapping('/labels', filled.labels === undefined ? {} : filled.labels))
  return job as Job
}

function normalizeEnvironment(given: Values, onFlattened?: (pointer: string) => void): Record<string, string | null> {
  const env: Record<string, string | null> = {}
  for (const key of Object.keys(given)) {
    const value = given[key]!
    if (typeof value === 'object' && value !== null && !(value instanceof SourceNumber)) onFlattened?.(joinPointer('/env', key))
    setEntry(env, key, value === null ? null : pythonStr(value))
  }
  return env
}

function normalizeLabels(given: Values): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const key of Object.keys(given)) {
    const value = given[key]!
    if (typeof value !== 'string') throw illTyped(joinPointer('/labels', key), 'text', value)
    setEntry(labels, key, value)
  }
  return labels
}

function textOrNull(pointer: string, value: TemplateValue): string | null {
  if (value === null || typeof value === 'string') return value
  throw illTyped(pointer, 'text', value)
}

function mapping(pointer: string, value: TemplateValue): { [key: string]: TemplateValue } {
  if (isTemplateObject(value)) return value
  throw illTyped(pointer, 'a mapping', value)
}

function illTyped(pointer: string, expected: string, value: TemplateValue): AedileError {
  return new AedileError('template_invalid', { pointer, why: `expected ${expected}, found ${JSON.stringify(value)}` })
}
