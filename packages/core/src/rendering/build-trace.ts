import type { JsonValue } from '../json.ts'
import type { Layer, Origin } from '../templates/origins.ts'
import { joinPointer } from '../templates/placeholders.ts'

/** What preparation and request can add by themselves. */
export type AddedLayer = Extract<Layer, 'run' | 'worker' | 'type' | 'attempt'>

/**
 * Told by preparation and request where parts of their result come from. Only what differs need be told: a leaf that
 * stands at the same JSON pointer in the input comes from there, and what is told of a mapping or list holds for all below
 * it. What is told later, and what is told deeper, is stronger.
 */
export interface BuildTrace {
  /** What is at `to` in the result comes from what is at `from` in the input. */
  copied(to: string, from: string): void
  /** What is at `to` in the result was added. `path` says what it is there, e.g. `/flow_run/id` or `/settings/PREFECT_API_URL`. */
  added(to: string, layer: AddedLayer, path: string): void
}

type Told = { from: string; order: number } | { layer: AddedLayer; path: string; order: number }

/** Turns what was told into the origin of each leaf of a result. */
export class BuildOrigins implements BuildTrace {
  readonly #told = new Map<string, Told>()
  #order = 0

  copied(to: string, from: string): void {
    this.#told.set(to, { from, order: ++this.#order })
  }

  added(to: string, layer: AddedLayer, path: string): void {
    this.#told.set(to, { layer, path, order: ++this.#order })
  }

  /** The origins of a result's leaves, from those of the input. */
  of(result: JsonValue, input: ReadonlyMap<string, Origin>): Map<string, Origin> {
    const origins = new Map<string, Origin>()
    visit(result, '', { told: undefined, at: 0, source: '', near: input.get('') }, { told: this.#told, input, origins })
    return origins
  }
}

/** What is known on the way down: what was told last, and where; the place in the input; the nearest origin above that. */
type Way = { told: Told | undefined; at: number; source: string; near: Origin | undefined }
type Visit = { told: ReadonlyMap<string, Told>; input: ReadonlyMap<string, Origin>; origins: Map<string, Origin> }

function visit(value: JsonValue, pointer: string, above: Way, all: Visit): void {
  const way = follow(pointer, above, all)
  if (typeof value === 'object' && value !== null) {
    const isList = Array.isArray(value)
    const keys = Object.keys(value)
    const isAdded = way.told !== undefined && 'layer' in way.told
    for (const name of keys) {
      const key = isList ? Number(name) : name
      const below = joinPointer(pointer, key)
      const source = isAdded ? '' : way.source === pointer ? below : joinPointer(way.source, key)
      visit((value as { [key: string]: JsonValue })[name]!, below, { ...way, source }, all)
    }
    if (keys.length > 0) return
  }
  all.origins.set(pointer, originOf(pointer, way))
}

function follow(pointer: string, above: Way, { told, input }: Visit): Way {
  const own = told.get(pointer)
  // What was told of the whole later than of its part is stronger than the part's.
  if (own && (above.told === undefined || own.order > above.told.order)) {
    const source = 'from' in own ? own.from : ''
    return { told: own, at: pointer.length, source, near: 'from' in own ? findNearest(source, input) : undefined }
  }
  if (above.told && 'layer' in above.told) return above
  const near = input.get(above.source)
  return near ? { ...above, near } : above
}

function findNearest(pointer: string, input: ReadonlyMap<string, Origin>): Origin | undefined {
  const own = input.get(pointer)
  if (own) return own
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    const near = input.get(pointer.slice(0, end))
    if (near) return near
    if (end === 0) break
  }
  return undefined
}

/** Origins are of leaves: one above the place in the input is of a text that was taken apart. */
function originOf(leaf: string, { told, at, near }: Way): Origin {
  if (told && 'layer' in told) return { layer: told.layer, path: at === leaf.length ? told.path : told.path + leaf.slice(at) }
  return near ?? { layer: 'type', path: leaf }
}
