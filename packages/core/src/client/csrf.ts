/** The headers that go with every request that changes something, while the server asks for them. */
export type CsrfHeaders = Record<string, string>

type Answer = { token: string } | { disabled: true }

/**
 * Keeps the CSRF token of one client. Requests that come together share one look-up; a server that answers 404 or 422
 * has no protection and is not asked again.
 */
export class CsrfTokens {
  readonly #client = crypto.randomUUID()
  readonly #ask: (client: string) => Promise<Answer>
  #asking: Promise<Answer> | null = null
  #answer: Answer | null = null

  constructor(ask: (client: string) => Promise<Answer>) {
    this.#ask = ask
  }

  async headers(): Promise<CsrfHeaders> {
    const answer = this.#answer ?? (await this.#askOnce())
    return 'token' in answer ? { 'prefect-csrf-token': answer.token, 'prefect-csrf-client': this.#client } : {}
  }

  /** The server refused this token: the next request asks for a new one, unless another already did. */
  forget(refused: string | undefined): void {
    if (this.#answer && 'token' in this.#answer && this.#answer.token === refused) this.#answer = null
  }

  async #askOnce(): Promise<Answer> {
    this.#asking ??= this.#ask(this.#client)
    try {
      this.#answer = await this.#asking
      return this.#answer
    } finally {
      this.#asking = null
    }
  }
}
