import type { Origin } from './origins.ts'

/**
 * Origins of leaves by JSON pointer. They are written once, one after the other, and mostly read so as well: a table to find
 * one in is made when somebody first asks for one, because making it takes longer than everything else here.
 */
export class LeafOrigins implements ReadonlyMap<string, Origin> {
  readonly #pointers: string[] = []
  readonly #origins: Origin[] = []
  #table: Map<string, Origin> | undefined

  /** Adds the origin of a leaf that has none yet. */
  add(pointer: string, origin: Origin): void {
    this.#pointers.push(pointer)
    this.#origins.push(origin)
    this.#table?.set(pointer, origin)
  }

  get size(): number {
    return this.#pointers.length
  }

  get(pointer: string): Origin | undefined {
    return this.#findTable().get(pointer)
  }

  has(pointer: string): boolean {
    return this.#findTable().has(pointer)
  }

  forEach(visit: (origin: Origin, pointer: string, map: ReadonlyMap<string, Origin>) => void): void {
    for (let index = 0; index < this.#pointers.length; index += 1) visit(this.#origins[index]!, this.#pointers[index]!, this)
  }

  keys(): MapIterator<string> {
    return this.#pointers.values()
  }

  values(): MapIterator<Origin> {
    return this.#origins.values()
  }

  entries(): MapIterator<[string, Origin]> {
    return this.#pointers.map((pointer, index): [string, Origin] => [pointer, this.#origins[index]!]).values()
  }

  [Symbol.iterator](): MapIterator<[string, Origin]> {
    return this.entries()
  }

  #findTable(): Map<string, Origin> {
    this.#table ??= new Map(this.entries())
    return this.#table
  }
}
