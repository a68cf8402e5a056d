import { AedileError } from '../errors.ts'
import type { Job } from '../infrastructure-definition.ts'
import { dropNumberSources, isTemplateObject, pythonStr, type TemplateValue } from '../python-text.ts'
import { joinPointer } from './placeholders.ts'

/**
 * Makes a job of a filled template: the four base fields are there and have their types. Values of `env` become text in
 * Python's form, null ones stay; an empty command is none. The type's own fields are left to the type. `onFlattened` hears
 * of each mapping or list that became text.
 */
export function normalizeJob(filled: TemplateValue, onFlattened?: (pointer: string) => void): Job {
  if (!isTemplateObject(filled)) throw new AedileError('template_invalid', { pointer: '/', why: 'expected a mapping' })
  const { name = null, command = null, env = {}, labels = {} } = filled
  return {
    ...(dropNumberSources(filled) as { [field: string]: never }),
    name: textOrNull('/name', name),
    command: textOrNull('/command', command) || null,
    env: Object.fromEntries(
      Object.entries(mapping('/env', env)).map(([key, value]) => {
        if (isTemplateObject(value) || Array.isArray(value)) onFlattened?.(joinPointer('/env', key))
        return [key, value === null ? null : pythonStr(value)]
      }),
    ),
    labels: Object.fromEntries(
      Object.entries(mapping('/labels', labels)).map(([key, value]) => {
        if (typeof value !== 'string') throw illTyped(joinPointer('/labels', key), 'text', value)
        return [key, value]
      }),
    ),
  }
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
