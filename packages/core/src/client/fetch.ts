/** What a client sends. */
export type FetchInit = {
  method: string
  headers: Record<string, string>
  body: string | undefined
  signal: AbortSignal
}

/** What a client reads of an answer. */
export type Answer = {
  readonly ok: boolean
  readonly status: number
  readonly statusText: string
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** Sends one request: the platform's `fetch`, or one that does as much of it as a client uses. */
export type Fetch = (url: string, init: FetchInit) => Promise<Answer>
