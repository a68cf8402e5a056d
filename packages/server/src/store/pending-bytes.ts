import { AedileError } from '@aedile/core/errors'

/** Bounds what waits for a commit, in bytes. */
export class PendingBytes {
  readonly #limit: number
  #pending = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @throws `server_busy` when there is no room; a single unit larger than the limit is let through alone. */
  async hold<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#pending > 0 && this.#pending + bytes > this.#limit) {
      throw new AedileError('server_busy', { pendingBytes: this.#pending, limitBytes: this.#limit })
    }
    this.#pending += bytes
    try {
      return await work()
    } finally {
      this.#pending -= bytes
    }
  }
}
