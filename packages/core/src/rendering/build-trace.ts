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
    const all = { told: this.#told, input, origins: new Map<string, Origin>() }
    visit(result, '', { told: undefined, at: 0 }, '', input.get(''), all)
    return all.origins
  }
}

/** What was told last on the way down, and where. */
type Last = { told: Told | undefined; at: number }
type Visit = { told: ReadonlyMap<string, Told>; input: ReadonlyMap<string, Origin>; origins: Map<string, Origin> }

/** `source` is the place in the input, `near` the nearest origin at or above it. */
function visit(value: JsonValue, pointer: string, above: Last, source: string, near: Origin | undefined, all: Visit): void {
  const own = all.told.get(pointer)
  let last = above
  // What was told of the whole later than of its part is stronger than the part's.
  if (own && (above.told === undefined || own.order > above.told.order)) {
    last = { told: own, at: pointer.length }
    source = 'from' in own ? own.from : ''
    near = 'from' in own ? findNearest(source, all.input) : undefined
  } else if (!above.told || 'from' in above.told) near = all.input.get(source) ?? near
  if (typeof value === 'object' && value !== null) {
    const isAdded = last.told !== undefined && 'layer' in last.told
    const isList = Array.isArray(value)
    const keys = Object.keys(value)
    for (const name of keys) {
      const key = isList ? Number(name) : name
      const below = joinPointer(pointer, key)
      const next = isAdded ? '' : source === pointer ? below : joinPointer(source, key)
      visit((value as { [key: string]: JsonValue })[name]!, below, last, next, near, all)
    }
    if (keys.length > 0) return
  }
  all.origins.set(pointer, originOf(pointer, last, near))
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
function originOf(leaf: string, { told, at }: Last, near: Origin | undefined): Origin {
  if (told && 'layer' in told) return { layer: told.layer, path: at === leaf.length ? told.path : told.path + leaf.slice(at) }
  return near ?? { layer: 'type', path: leaf }
}
