import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** The message that a fault waits for. */
export type Message = {
  /** Matched against `POST /api/flow_runs/... {body}`. */
  pattern: RegExp
  /** Only where it is about this run. */
  flowRunId?: string
  /** Before the server has seen it, or after it was taken in and answered. */
  at: 'request' | 'answer'
}

/** A fault that was laid. */
export type Fault = {
  /** Resolves when the message is there. */
  readonly happened: Promise<void>
  /** Loses the message that is held. */
  lose(): void
}

type Laid = Message & { then: 'hold' | 'lose'; tell: () => void; onHeld: (lose: () => void) => void }

/**
 * Stands between a worker and the server. It hands everything on, until a message comes that a fault was laid for: that one
 * is held or lost, before or after the server has taken it in. So each instant of the protocol can be met exactly.
 */
export class FaultyProxy {
  readonly #target: URL
  readonly #server: Server
  readonly #faults: Laid[] = []
  readonly #runs = new Map<string, string>()

  constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  /** Starts a proxy before a server's API; resolves with it and its own address. */
  static async start(apiUrl: string): Promise<{ proxy: FaultyProxy; url: string }> {
    const proxy = new FaultyProxy(apiUrl)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    const address = proxy.#server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    return { proxy, url: `http://127.0.0.1:${port}${proxy.#target.pathname}` }
  }

  /** Holds the next such message until it is lost. */
  hold(message: Message): Fault {
    return this.#lay(message, 'hold')
  }

  /** Loses the next such message: the worker sees its connection end. */
  lose(message: Message): Fault {
    return this.#lay(message, 'lose')
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #lay(message: Message, then: Laid['then']): Fault {
    const { promise, resolve } = Promise.withResolvers<void>()
    let lose = () => {}
    const onHeld = (loseIt: () => void) => {
      lose = loseIt
    }
    this.#faults.push({ ...message, then, tell: resolve, onHeld })
    return { happened: promise, lose: () => lose() }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const text = `${request.method} ${request.url} ${body.toString()}`
    const fault = this.#take(text, this.#runOf(request))
    if (fault?.at === 'request') return this.#apply(fault, response)
    const sent = forward(
      {
        host: this.#target.hostname,
        port: this.#target.port,
        method: request.method,
        path: request.url,
        headers: request.headers,
      },
      (answer) => {
        if (!fault) {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          return void answer.pipe(response)
        }
        answer.resume().once('end', () => this.#apply(fault, response))
      },
    )
    sent.once('error', () => response.destroy())
    sent.end(body)
  }

  /** The run that a message is about. A claim tells which run an attempt is of. */
  #runOf({ url = '', headers }: IncomingMessage): string | null {
    const run = RUN_PATH.exec(url)?.[1] ?? null
    const attempt = ATTEMPT_PATH.exec(url)?.[1] ?? headers['x-aedile-attempt']
    if (typeof attempt !== 'string') return run
    if (run !== null) this.#runs.set(attempt, run)
    return run ?? this.#runs.get(attempt) ?? null
  }

  #apply(fault: Laid, response: ServerResponse): void {
    if (fault.then === 'lose') response.destroy()
    else fault.onHeld(() => void response.destroy())
    fault.tell()
  }

  #take(text: string, run: string | null): Laid | null {
    const index = this.#faults.findIndex(({ pattern, flowRunId }) => pattern.test(text) && (!flowRunId || flowRunId === run))
    return index < 0 ? null : this.#faults.splice(index, 1)[0]!
  }
}

const ATTEMPT_PATH = /\/aedile\/attempts\/([^/]+)\//
const RUN_PATH = /\/flow_runs\/([^/]+)\//

const proposal = (state: string) => new RegExp(`^POST /api/flow_runs/[^/]+/set_state .*"name":"${state}"`)
const step = (name: string) => new RegExp(`^POST /api/aedile/attempts/[^/]+/${name} `)

/** The messages of an attempt of a plain command, in their order. */
export const MESSAGES = {
  claim: proposal('Pending'),
  intend: step('intend'),
  submitting: proposal('Submitting'),
  record: step('record'),
  running: proposal('Running'),
  advance: step('advance'),
  end: step('end'),
  completed: proposal('Completed'),
  report: step('report'),
  remove: step('remove'),
}
