import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { SourceNumber } from '../python-text.ts'
import { joinPointer } from './placeholders.ts'

/** One place at which two templates differ. Undefined is absence. */
export type TemplateChange = {
  kind: 'added' | 'removed' | 'changed'
  pointer: string
  before?: JsonValue
  after?: JsonValue
}

/** What must be done to `from` to get `to`: mappings are compared key by key, lists as wholes, the order of keys is nothing. */
export function diffTemplates(from: JsonObject, to: JsonObject): TemplateChange[] {
  return [...diffValues(from, to, '')]
}

/** The same of any two values; undefined is absence. */
export function* diffValues(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  pointer: string,
): Iterable<TemplateChange> {
  if (isJsonObject(before) && isJsonObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* diffValues(ownValue(before, key), ownValue(after, key), joinPointer(pointer, key))
    }
  } else if (before === undefined) yield { kind: 'added', pointer, after: after! }
  else if (after === undefined) yield { kind: 'removed', pointer, before }
  else if (!isSame(before, after)) yield { kind: 'changed', pointer, before, after }
}

/** The value of a key, undefined when the mapping has none of its own. */
export function ownValue(mapping: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined
}

/** True when two values are the same but for the order of keys; undefined is absence. */
export function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === other) return true
  // 1.0 and 1 are two things where they end up inside a text.
  if (isSourceNumber(one) || isSourceNumber(other)) return JSON.stringify(one) === JSON.stringify(other)
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  )
}

/** True for a change of words that only people read: titles, descriptions and examples of variables. */
export function isWording({ pointer }: TemplateChange): boolean {
  const path = pointer.split('/').slice(1)
  const [section, parent, last] = [path[0], path.at(-2), path.at(-1)]
  const isName = ['properties', 'definitions', '$defs', 'default'].includes(parent ?? '')
  return section === 'variables' && !isName && ['title', 'description', 'examples'].includes(last ?? '')
}

/** The template from which another most likely came: the one with the fewest values that differ, the first of equals. */
export function findNearestTemplate<T extends JsonObject>(edited: JsonObject, candidates: readonly T[]): T | null {
  let nearest: T | null = null
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = diffTemplates(candidate, edited).reduce((sum, { before, after }) => sum + size(before) + size(after), 0)
    if (distance < least) [nearest, least] = [candidate, distance]
  }
  return nearest
}

function size(value: JsonValue | undefined): number {
  if (value === undefined) return 0
  if (typeof value !== 'object' || value === null || isSourceNumber(value)) return 1
  return Object.values(value).reduce<number>((sum, item) => sum + size(item), 1)
}

/** Templates may be read with the text of their numbers, which their type does not tell. */
function isSourceNumber(value: unknown): boolean {
  return value instanceof SourceNumber
}
