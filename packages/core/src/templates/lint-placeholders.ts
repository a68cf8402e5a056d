import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { FindingList } from './lint-finding.ts'
import { joinPointer, type Placeholder, parseTemplate } from './placeholders.ts'

/**
 * Checks the placeholders of a job and what looks like one and is none. Returns the names of the variables that are used;
 * those that the default of `env` uses count, as it becomes part of the job.
 */
export function lintPlaceholders(job: JsonObject, properties: JsonObject, list: FindingList): Set<string> {
  const referenced = new Set<string>()
  for (const { pointer, text, isKey } of listTexts(job, '/job_configuration')) {
    if (isKey) {
      list.warning('placeholder-malformed', pointer, `${text} is a key, and keys are never filled in.`)
      continue
    }
    for (const name of lintText(text, pointer, properties, list)) referenced.add(name)
  }
  // A default of `env` is laid over the mapping that stands there, and is itself a template.
  if (isJsonObject(job.env)) referenced.add('env')
  const env = isJsonObject(properties.env) ? properties.env.default : undefined
  if (isJsonObject(env)) {
    for (const { pointer, text, isKey } of listTexts(env, '/variables/properties/env/default')) {
      if (!isKey) for (const name of lintText(text, pointer, properties, list)) referenced.add(name)
    }
  }
  return referenced
}

function lintText(text: string, pointer: string, properties: JsonObject, list: FindingList): Set<string> {
  const used = new Set<string>()
  if (!text.includes('{{')) return used
  const node = parseTemplate(text)
  const segments = node.kind === 'text' ? node.segments : [text]
  const told = new Set<string>()
  for (const segment of segments) {
    if (typeof segment === 'string') lintLiteral(segment, pointer, list)
    else if (segment.kind !== 'standard' || Object.hasOwn(properties, segment.name)) used.add(segment.name)
    else {
      const first = segment.name.split(/[.[]/, 1)[0]!
      if (first !== segment.name && Object.hasOwn(properties, first)) used.add(first)
      if (told.has(segment.name)) continue
      told.add(segment.name)
      tellUndeclared(segment, first, { pointer, properties, list })
    }
  }
  return used
}

type Place = { pointer: string; properties: JsonObject; list: FindingList }

function tellUndeclared({ text, name }: Placeholder, first: string, { pointer, properties, list }: Place): void {
  const why =
    first === 'ctx'
      ? ` ${text} is filled in only in a job's name that comes from a variable: make it the default of a variable and use that.`
      : first !== name && Object.hasOwn(properties, first)
        ? ` ${first} is one, and a server wants the whole path declared.`
        : ''
  list.error(
    'placeholder-undeclared',
    pointer,
    `${text} names no variable of the template, so it would vanish from the job.${why}`,
    why === '' ? list.nearest(name) : null,
  )
}

/** Text beside placeholders that has braces like one. A worker leaves it as it stands. */
function lintLiteral(text: string, pointer: string, list: FindingList): void {
  for (let at = text.indexOf('{{'); at >= 0; at = text.indexOf('{{', at + 2)) {
    const end = text.indexOf('}}', at + 2)
    const next = text.indexOf('{{', at + 2)
    const isClosed = end >= 0 && (next < 0 || end < next)
    const inner = isClosed ? text.slice(at + 2, end) : text.slice(at + 2, at + 42)
    const whole = isClosed ? `{{${inner}}}` : `{{${inner}`
    const shown = whole.length > 60 ? `${whole.slice(0, 57)}...` : whole
    const name = /^\s*([\w.-]+)/.exec(inner)?.[1]
    const advice = 'A placeholder is {{ name }}; this stays in the job as it is written.'
    list.warning(
      'placeholder-malformed',
      pointer,
      `${shown} is no placeholder: ${faultOf(inner, isClosed)}. ${advice}`,
      name === undefined ? null : list.nearest(name),
    )
  }
}

function faultOf(inner: string, isClosed: boolean): string {
  if (!isClosed) return 'it has no }}'
  if (inner.trim() === '') return 'it has no name'
  if (inner.includes('|')) return 'there are no filters'
  if (/^\s*[+-]|[+-]\s*$/.test(inner) && /[\w]/.test(inner)) return 'it has more than a name'
  if (/\S\s+\S/.test(inner)) return 'it has spaces inside'
  return 'a name has letters, digits, and _ . - [ ] $'
}

/** Every text in a value with its JSON pointer, and every key that has braces. Without recursion: a template may be nested more deeply than the stack. */
function* listTexts(root: JsonValue, pointer: string): Iterable<{ pointer: string; text: string; isKey?: boolean }> {
  const open: { pointer: string; value: JsonValue; key?: string }[] = [{ pointer, value: root }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, key } = next
    if (key?.includes('{{')) yield { pointer: next.pointer, text: key, isKey: true }
    if (typeof value === 'string') yield { pointer: next.pointer, text: value }
    if (typeof value !== 'object' || value === null) continue
    const entries: [string | number, JsonValue][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
    for (const [at, item] of entries.reverse())
      open.push({ pointer: joinPointer(next.pointer, at), value: item, ...(typeof at === 'string' && { key: at }) })
  }
}
