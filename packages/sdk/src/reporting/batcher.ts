export type BatcherOptions<Item> = {
  /** How long an item may wait for others before the batch leaves. */
  delaySeconds: number
  maxItems: number
  /** A batch leaves when it has this many bytes. */
  maxBytes: number
  bytesOf: (item: Item) => number
  /** Sends one batch; batches leave one after the other, in order. A rejection is for `onFailed`. */
  send: (items: Item[]) => Promise<void>
  /** The batch could not be sent and is let go. */
  onFailed: (items: Item[], error: unknown) => void
}

/**
 * Collects items and sends them in batches beside the work that makes them: adding never waits and never throws. A timer
 * that waits does not keep the process alive; `flush` does.
 */
export class Batcher<Item> {
  readonly #options: BatcherOptions<Item>
  #waiting: Item[] = []
  #waitingBytes = 0
  #timer: NodeJS.Timeout | null = null
  #sending: Promise<void> = Promise.resolve()

  constructor(options: BatcherOptions<Item>) {
    this.#options = options
  }

  add(item: Item): void {
    const bytes = this.#options.bytesOf(item)
    if (this.#waiting.length > 0 && this.#waitingBytes + bytes > this.#options.maxBytes) this.#dispatch()
    this.#waiting.push(item)
    this.#waitingBytes += bytes
    if (this.#waiting.length >= this.#options.maxItems || this.#waitingBytes >= this.#options.maxBytes) this.#dispatch()
    else this.#timer ??= setTimeout(() => this.#dispatch(), this.#options.delaySeconds * 1000).unref()
  }

  /** Resolves when everything that was added before was sent or let go. */
  flush(): Promise<void> {
    this.#dispatch()
    return this.#sending
  }

  #dispatch(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#waiting.length === 0) return
    const items = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    const { send, onFailed } = this.#options
    this.#sending = this.#sending.then(() => send(items)).catch((error: unknown) => onFailed(items, error))
  }
}
