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
    const visit = (value: JsonValue, pointer: string, above: Told | undefined, aboveAt: number): void => {
      const own = this.#told.get(pointer)
      // What was told of the whole later than of its part is stronger than the part's.
      const isOwn = own !== undefined && (above === undefined || own.order > above.order)
      const told = isOwn ? own : above
      const toldAt = isOwn ? pointer.length : aboveAt
      if (typeof value === 'object' && value !== null) {
        const isList = Array.isArray(value)
        const keys = Object.keys(value)
        for (const key of keys) {
          visit((value as { [key: string]: JsonValue })[key]!, joinPointer(pointer, isList ? Number(key) : key), told, toldAt)
        }
        if (keys.length > 0) return
      }
      origins.set(pointer, originOf(pointer, told, toldAt, input) ?? { layer: 'type', path: pointer })
    }
    visit(result, '', undefined, 0)
    return origins
  }
}

function originOf(leaf: string, told: Told | undefined, toldAt: number, input: ReadonlyMap<string, Origin>): Origin | undefined {
  if (!told) return originAt(leaf, input)
  if (toldAt === leaf.length) return 'from' in told ? originAt(told.from, input) : { layer: told.layer, path: told.path }
  const way = leaf.slice(toldAt)
  return 'from' in told ? originAt(told.from + way, input) : { layer: told.layer, path: told.path + way }
}

function originAt(pointer: string, input: ReadonlyMap<string, Origin>): Origin | undefined {
  const own = input.get(pointer)
  if (own) return own
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    const origin = input.get(pointer.slice(0, end))
    // Origins are of leaves: one above the pointer is a text that was taken apart.
    if (origin) return origin
    if (end === 0) break
  }
  return undefined
}
