import type { Dict, Value } from './values.ts'

/** The names that statements see: their own, and those around them. */
export class Scope {
  readonly names: Dict
  readonly #around: Scope | null

  constructor(around: Scope | null, names: Dict = new Map()) {
    this.#around = around
    this.names = names
  }

  /** The value of a name; undefined when nobody gave it one. */
  find(name: string): Value | undefined {
    return this.names.get(name) ?? (this.names.has(name) ? null : this.#around?.find(name))
  }
}
