import type { JsonValue } from '../json.ts'
import { leafPointers, type Layer, type Origin } from '../templates/origins.ts'

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

type Told = { from: string } | { layer: AddedLayer; path: string }

/** Turns what was told into the origin of each leaf of a result. */
export class BuildOrigins implements BuildTrace {
  readonly #told = new Map<string, Told>()

  copied(to: string, from: string): void {
    this.#tell(to, { from })
  }

  added(to: string, layer: AddedLayer, path: string): void {
    this.#tell(to, { layer, path })
  }

  /** The origins of a result's leaves, from those of the input. */
  of(result: JsonValue, input: ReadonlyMap<string, Origin>): Map<string, Origin> {
    const inputs = new Map(input)
    const originAt = (pointer: string): Origin | undefined => {
      for (let end = pointer.length; ; end = pointer.lastIndexOf('/', end - 1)) {
        const origin = inputs.get(pointer.slice(0, end))
        if (origin) return end === pointer.length ? origin : { ...origin, path: origin.path + pointer.slice(end) }
        if (end <= 0) return undefined
      }
    }
    const origins = new Map<string, Origin>()
    for (const leaf of leafPointers(result)) {
      origins.set(leaf, this.#originOf(leaf, originAt) ?? { layer: 'type', path: leaf })
    }
    return origins
  }

  #originOf(leaf: string, originAt: (pointer: string) => Origin | undefined): Origin | undefined {
    for (let end = leaf.length; end > 0; end = leaf.lastIndexOf('/', end - 1)) {
      const told = this.#told.get(leaf.slice(0, end))
      if (!told) continue
      if ('from' in told) return originAt(told.from + leaf.slice(end))
      return { layer: told.layer, path: told.path + leaf.slice(end) }
    }
    return originAt(leaf)
  }

  #tell(to: string, told: Told): void {
    for (const pointer of this.#told.keys()) if (pointer.startsWith(`${to}/`)) this.#told.delete(pointer)
    this.#told.set(to, told)
  }
}
