import type { JsonObject, JsonValue } from '../json.ts'
import type { Origin } from '../templates/origins.ts'
import { joinPointer } from '../templates/placeholders.ts'
import type { RenderResult } from './render-answer.ts'

/** A leaf of a request that differs between two renderings. A side without `value` has no such leaf. */
export type RenderingChange = { pointer: string; here: Side; there: Side }
type Side = { value?: JsonValue; origin?: Origin }

/** What differs between the requests of two renderings, in the order of the first; what only the second has comes last. */
export function compareRenderings(here: RenderResult, there: RenderResult): RenderingChange[] {
  const [ours, theirs] = [leavesOf(here.request), leavesOf(there.request)]
  const pointers = [...new Set([...ours.keys(), ...theirs.keys()])]
  const side = (leaves: Map<string, JsonValue>, { origins }: RenderResult, pointer: string): Side => {
    const value = leaves.get(pointer)
    const origin = origins?.request[pointer]
    return value === undefined ? {} : { value, ...(origin ? { origin } : {}) }
  }
  return pointers
    .filter((pointer) => JSON.stringify(ours.get(pointer)) !== JSON.stringify(theirs.get(pointer)))
    .map((pointer) => ({ pointer, here: side(ours, here, pointer), there: side(theirs, there, pointer) }))
}

/** Scalars, and empty mappings and lists, by JSON pointer. */
function leavesOf(request: JsonObject): Map<string, JsonValue> {
  const leaves = new Map<string, JsonValue>()
  const visit = (value: JsonValue, pointer: string): void => {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
    if (entries.length === 0) leaves.set(pointer, value)
    for (const [key, item] of entries) visit(item, joinPointer(pointer, key))
  }
  visit(request, '')
  return leaves
}
