import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a server may be busy until we give up, and when it is asked again. */
const BUSY_SECONDS = 150
const BUSY_PAUSE_MILLISECONDS = 200

/** An answer of the API, its body parsed; undefined when there is none. */
export type Answer = { status: number; body: unknown }

/** One kept-alive connection to an API; one request at a time. */
export class ApiConnection {
  /** How often `expect` had to ask again, by status or error. */
  readonly refusals: Record<string, number> = {}
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #base: URL
  readonly #signal: AbortSignal | undefined

  constructor(apiUrl: string, signal?: AbortSignal) {
    this.#base = new URL(apiUrl)
    this.#signal = signal
  }

  /** Sends a request and resolves with whatever status came. Rejects when no answer comes in time. */
  send(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown, timeoutSeconds = 60): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const call = request(
        {
          agent: this.#agent,
          host: this.#base.hostname,
          port: this.#base.port,
          method,
          path: this.#base.pathname + path,
          headers: text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
          timeout: timeoutSeconds * 1000,
          ...(this.#signal && { signal: this.#signal }),
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => resolve({ status: response.statusCode!, body: parse(Buffer.concat(chunks).toString()) }))
        },
      )
      call.on('timeout', () => call.destroy(new Error(`no answer in ${timeoutSeconds} s`)))
      call.on('error', reject)
      call.end(text)
    })
  }

  /** Sends a request whose success is taken for granted, and gives the body of its answer. A busy or mute server is asked again. */
  async expect<Body>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<Body> {
    const deadline = performance.now() + BUSY_SECONDS * 1000
    for (;;) {
      const answer = await this.send(method, path, body).catch((error: Error) => error)
      if (!(answer instanceof Error) && answer.status < 300) return answer.body as Body
      const trouble = answer instanceof Error ? answer.message : String(answer.status)
      const isBusy = answer instanceof Error || answer.status === 503 || answer.status === 429
      if (!isBusy || performance.now() > deadline) {
        const details = answer instanceof Error ? '' : ` ${JSON.stringify(answer.body)}`
        throw new Error(`${method} ${path}: ${trouble}${details}`)
      }
      const name = `${trouble}, then repeated`
      this.refusals[name] = (this.refusals[name] ?? 0) + 1
      await sleep(BUSY_PAUSE_MILLISECONDS)
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}

function parse(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
