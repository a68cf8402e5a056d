/** While something is under way, what comes meanwhile gathers for so long, in milliseconds. */
const GATHER_MILLISECONDS = 5
/** So many go together at most, and so many bytes unless it is a single one. */
const MOST_ITEMS = 100
const MOST_BYTES = 1_000_000

type Waiting<Item, Answer> = { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void }

/**
 * Sends together what comes together. When nothing is under way, an item goes at once, with all others of the same turn of
 * the event loop. Otherwise it waits for what is under way, but never long: a request that hangs keeps none back but its own.
 */
export class Gatherer<Item, Answer> {
  readonly #send: (items: Item[]) => Promise<readonly Answer[]>
  readonly #weigh: (item: Item) => number
  #waiting: Waiting<Item, Answer>[] = []
  #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | null = null
  #isDue = false

  /** `send` answers each item, in their order. What it throws is thrown to each. */
  constructor(send: (items: Item[]) => Promise<readonly Answer[]>, weigh: (item: Item) => number = () => 0) {
    this.#send = send
    this.#weigh = weigh
  }

  /** Sends an item, and resolves with its answer. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#underWay.size === 0) this.#flushSoon()
      else this.#timer ??= setTimeout(() => this.#flush(), GATHER_MILLISECONDS)
    })
  }

  /** Resolves when nothing waits and nothing is under way. */
  async settled(): Promise<void> {
    while (this.#waiting.length > 0 || this.#underWay.size > 0) {
      this.#flush()
      await Promise.all(this.#underWay)
    }
  }

  #flushSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isDue = false
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    while (this.#waiting.length > 0) {
      const sending = this.#sendTogether(this.#waiting.splice(0, this.#countNext())).finally(() => {
        this.#underWay.delete(sending)
        if (this.#waiting.length > 0) this.#flushSoon()
      })
      this.#underWay.add(sending)
    }
  }

  #countNext(): number {
    let bytes = 0
    const over = this.#waiting.findIndex(({ item }, index) => {
      bytes += this.#weigh(item)
      return index >= MOST_ITEMS || (index > 0 && bytes > MOST_BYTES)
    })
    return over === -1 ? this.#waiting.length : over
  }

  async #sendTogether(batch: Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.#send(batch.map(({ item }) => item))
      if (answers.length !== batch.length) throw new Error(`${batch.length} were sent, ${answers.length} answered`)
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
