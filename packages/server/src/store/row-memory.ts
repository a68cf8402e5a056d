/** So many rows are remembered; those that were used least recently go first. */
const MOST_ROWS = 2000

/**
 * Rows as tentative units of this process saw or wrote them last, with their versions. What is remembered may be old by
 * now: a write that follows from it is guarded by the version, and nothing else may follow from it.
 */
export class RowMemory {
  readonly #rows = new Map<string, unknown>()

  /** The row of an id, which is whatever was remembered for it. */
  get<Row>(id: string): Row | undefined {
    return this.#rows.get(id) as Row | undefined
  }

  remember(id: string, row: unknown): void {
    this.#rows.delete(id)
    this.#rows.set(id, row)
    if (this.#rows.size > MOST_ROWS) this.#rows.delete(this.#rows.keys().next().value!)
  }

  forget(id: string): void {
    this.#rows.delete(id)
  }
}
