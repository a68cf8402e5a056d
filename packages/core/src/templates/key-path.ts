import { isTemplateObject, type TemplateValue } from '../python-text.ts'
import { joinPointer } from './placeholders.ts'

/** Cuts a key path such as `a.b[0].c` into its keys. A key that contains a dot cannot be addressed. */
export function splitKeyPath(path: string): string[] {
  if (!/[.[\]]/.test(path)) return [path]
  return path.replaceAll('[', '.').replaceAll(']', '').split('.')
}

const [MINUS, ZERO, NINE] = ['-', '0', '9'].map((character) => character.charCodeAt(0)) as [number, number, number]

/** What a key path leads to, with the JSON pointer that it took. */
export type Found = { value: TemplateValue; pointer: string }

/**
 * Follows a key path, as Python would: a key that reads as an integer is an index (also from the end, also into text) and
 * never a mapping's key. Undefined when it leads nowhere.
 */
export function followKeyPath(root: TemplateValue, path: string): Found | undefined {
  let found: Found = { value: root, pointer: '' }
  if (!/[.[\]]/.test(path)) return step(found, path)
  for (const key of splitKeyPath(path)) {
    const next = step(found, key)
    if (!next) return undefined
    found = next
  }
  return found
}

function step({ value, pointer }: Found, key: string): Found | undefined {
  const index = toInteger(key)
  if (index === undefined) {
    if (!isTemplateObject(value) || !Object.hasOwn(value, key)) return undefined
    return { value: value[key]!, pointer: joinPointer(pointer, key) }
  }
  const items = typeof value === 'string' ? [...value] : Array.isArray(value) ? value : []
  const position = index < 0 ? items.length + index : index
  const item = items[position]
  return item === undefined ? undefined : { value: item, pointer: joinPointer(pointer, position) }
}

function toInteger(key: string): number | undefined {
  const first = key.charCodeAt(0)
  if (first !== MINUS && !(first >= ZERO && first <= NINE)) return undefined
  return /^-?\d+(_\d+)*$/.test(key) ? Number(key.replaceAll('_', '')) : undefined
}
