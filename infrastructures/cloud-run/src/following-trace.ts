import type { AddedLayer, BuildTrace } from '@aedile/core/rendering/build-trace'

type Told = { from: string } | { layer: AddedLayer; path: string }

/** Passes on what it is told, and remembers it: a value that goes to a second place comes from where the first came. */
export class FollowingTrace implements BuildTrace {
  readonly #outer: BuildTrace
  readonly #told = new Map<string, Told>()

  constructor(outer: BuildTrace) {
    this.#outer = outer
  }

  copied(to: string, from: string): void {
    const told = this.#told.get(from) ?? { from }
    this.#told.set(to, told)
    if ('from' in told) this.#outer.copied(to, told.from)
    else this.#outer.added(to, told.layer, told.path)
  }

  added(to: string, layer: AddedLayer, path: string): void {
    this.#told.set(to, { layer, path })
    this.#outer.added(to, layer, path)
  }

  moved(to: string, field: string): void {
    this.#told.set(to, this.#told.get(field) ?? { from: field })
    this.#outer.moved(to, field)
  }
}
