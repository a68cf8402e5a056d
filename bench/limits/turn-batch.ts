type Waiting<Item> = { item: Item; resolve(): void; reject(error: unknown): void }

/** Gathers what comes in a turn of the event loop, and while enough is under way, and writes it at once. */
export class TurnBatch<Item> {
  readonly #underWayAtMost: number
  readonly #write: (items: Item[]) => Promise<void>
  #waiting: Waiting<Item>[] = []
  #underWay = 0
  #isScheduled = false

  constructor(underWayAtMost: number, write: (items: Item[]) => Promise<void>) {
    this.#underWayAtMost = underWayAtMost
    this.#write = write
  }

  /** Resolves when what holds the item is written. */
  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0 || this.#underWay >= this.#underWayAtMost) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      void this.#writeWaiting()
    })
  }

  async #writeWaiting(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    this.#underWay++
    try {
      await this.#write(batch.map(({ item }) => item))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    this.#underWay--
    this.#schedule()
  }
}
