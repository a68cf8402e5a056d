import { MAXIMUM_DEPTH } from '../depth.ts'
import { AedileError } from '../errors.ts'
import { isTemplateObject, SourceNumber, type TemplateValue } from '../python-text.ts'

export type PlaceholderKind = 'standard' | 'block' | 'variable' | 'environment'

/** One placeholder: its whole text with the braces, its name, and what the name's prefix makes of it. */
export type Placeholder = { text: string; name: string; kind: PlaceholderKind }

export const BLOCK_PREFIX = 'prefect.blocks.'
export const VARIABLE_PREFIX = 'prefect.variables.'
const ENVIRONMENT_PREFIX = '$'

/** Blanks and word characters as Python counts them: no U+FEFF, but the separators U+001C to U+001F and U+0085. */
const BLANKS = '(?:(?!\\ufeff)[\\s\\x1c-\\x1f\\x85])*'
const PLACEHOLDER = new RegExp(`\\{\\{${BLANKS}([\\p{L}\\p{N}_.\\-[\\]$]+)${BLANKS}\\}\\}`, 'gu')

/** A template, parsed once. Text that holds a placeholder is cut into segments; all else is a literal. */
export type TemplateNode =
  | { kind: 'literal'; value: string | number | boolean | null | SourceNumber }
  | { kind: 'text'; source: string; segments: (string | Placeholder)[] }
  | { kind: 'object'; entries: [string, TemplateNode][] }
  | { kind: 'list'; items: TemplateNode[] }

/** Parses a template. Keys are never templates. Anything that is no JSON is an error with its place. */
export function parseTemplate(template: unknown, pointer = '', depth = 0): TemplateNode {
  if (typeof template === 'string') return parseText(template)
  if (template === null || typeof template === 'number' || typeof template === 'boolean' || template instanceof SourceNumber) {
    return { kind: 'literal', value: template }
  }
  if (depth > MAXIMUM_DEPTH) {
    const place = `/${pointer.split('/', 4).slice(1).join('/')}`
    throw new AedileError('template_invalid', { pointer: place, why: `it is nested more than ${MAXIMUM_DEPTH} levels deep` })
  }
  if (Array.isArray(template)) {
    return { kind: 'list', items: template.map((item, index) => parseTemplate(item, `${pointer}/${index}`, depth + 1)) }
  }
  if (isTemplateObject(template)) {
    const entries = Object.entries(template)
    return {
      kind: 'object',
      entries: entries.map(([key, item]) => [key, parseTemplate(item, joinPointer(pointer, key), depth + 1)]),
    }
  }
  throw new AedileError('template_invalid', { pointer: pointer || '/', why: `expected JSON, found ${typeof template}` })
}

function parseText(source: string): TemplateNode {
  const segments: (string | Placeholder)[] = []
  let end = 0
  for (const match of source.matchAll(PLACEHOLDER)) {
    if (match.index > end) segments.push(source.slice(end, match.index))
    segments.push({ text: match[0], name: match[1]!, kind: kindOf(match[1]!) })
    end = match.index + match[0].length
  }
  if (segments.length === 0) return { kind: 'literal', value: source }
  if (end < source.length) segments.push(source.slice(end))
  return { kind: 'text', source, segments }
}

function kindOf(name: string): PlaceholderKind {
  if (name.startsWith(BLOCK_PREFIX)) return 'block'
  if (name.startsWith(VARIABLE_PREFIX)) return 'variable'
  return name.startsWith(ENVIRONMENT_PREFIX) ? 'environment' : 'standard'
}

/** The name of the environment variable that a placeholder means. */
export function environmentName(placeholder: Placeholder): string {
  return placeholder.name.replace(/^\$+/, '')
}

/** All placeholders of a template, each text once, in order of first appearance. */
export function findPlaceholders(template: TemplateValue): Placeholder[] {
  return collectPlaceholders(parseTemplate(template))
}

/** All placeholders of a parsed template, each text once, in order of first appearance. */
export function collectPlaceholders(node: TemplateNode): Placeholder[] {
  const found = new Map<string, Placeholder>()
  const visit = (at: TemplateNode): void => {
    if (at.kind === 'object') for (const [, item] of at.entries) visit(item)
    if (at.kind === 'list') for (const item of at.items) visit(item)
    if (at.kind !== 'text') return
    for (const segment of at.segments) if (typeof segment !== 'string') found.set(segment.text, segment)
  }
  visit(node)
  return [...found.values()]
}

/**
 * Appends a key to a JSON pointer. Short ones are kept: the same few pointers are needed for every job of a template, and a
 * text that was a key before is found faster than one put together anew.
 */
export function joinPointer(pointer: string, key: string | number): string {
  if (pointer === lastParent) {
    const known = lastBelow.get(key)
    if (known !== undefined) return known
  }
  if (pointer.length > MOST_KEPT_LENGTH || (typeof key === 'string' && key.length > MOST_KEPT_LENGTH)) return join(pointer, key)
  let below = joined.get(pointer)
  const known = below?.get(key)
  if (known !== undefined) {
    lastParent = pointer
    lastBelow = below!
    return known
  }
  if (joinedCount >= MOST_KEPT) {
    joined.clear()
    joinedCount = 0
    below = undefined
  }
  if (!below) {
    below = new Map()
    joined.set(pointer, below)
  }
  const made = join(pointer, key)
  below.set(key, made)
  joinedCount += 1
  return made
}
let lastParent = ''
let lastBelow: ReadonlyMap<string | number, string> = new Map()
const joined = new Map<string, Map<string | number, string>>()
let joinedCount = 0
const MOST_KEPT = 20_000
const MOST_KEPT_LENGTH = 200

function join(pointer: string, key: string | number): string {
  if (typeof key === 'string' && (key.includes('~') || key.includes('/'))) {
    return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  }
  return `${pointer}/${key}`
}
