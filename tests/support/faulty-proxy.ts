import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'

/** The message that a fault waits for. */
export type Message = {
  /** Matched against `POST /api/flow_runs/... {body}`, and against each message of a request that has several. */
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
 * is held or lost, before or after the server has taken it in, with all that goes in the same request. So each instant of the
 * protocol can be met exactly.
 */
export class FaultyProxy {
  /** What was asked so far: `GET /api/...`. */
  readonly requests: string[] = []
  readonly #target: URL
  readonly #server: Server
  readonly #faults: Laid[] = []
  readonly #runs = new Map<string, string>()
  readonly #tunnels = new Set<Socket>()

  constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((request, response) => void this.#handle(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#tunnel(request, socket as Socket, head))
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
    for (const socket of this.#tunnels) socket.destroy()
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
    this.requests.push(`${request.method} ${request.url}`)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const fault = this.#takeFirst(this.#readMessages(request, body.toString()))
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

  /** What a request says, each with the run that it is about. A claim tells which run an attempt is of. */
  #readMessages({ method, url = '' }: IncomingMessage, body: string): { text: string; run: string | null }[] {
    const head = `${method} ${url}`
    const { claims, messages } = SEVERAL.test(url) ? (JSON.parse(body) as Several) : {}
    for (const { attempt, flow_run_id } of claims ?? []) this.#runs.set(attempt, flow_run_id)
    const several = [...(claims ?? []), ...(messages ?? [])]
    if (several.length === 0) return [{ text: `${head} ${body}`, run: RUN_PATH.exec(url)?.[1] ?? null }]
    return several.map((one) => ({ text: `${head} ${JSON.stringify(one)}`, run: this.#runs.get(one.attempt) ?? null }))
  }

  /** The channel of the worker goes through untouched. */
  #tunnel({ method, url, rawHeaders }: IncomingMessage, socket: Socket, head: Buffer): void {
    const server = connect(Number(this.#target.port), this.#target.hostname)
    for (const end of [socket, server]) {
      this.#tunnels.add(end)
      end.on('error', () => {})
      end.once('close', () => {
        socket.destroy()
        server.destroy()
        this.#tunnels.delete(end)
      })
    }
    const headers = rawHeaders.reduce((text, part, index) => text + part + (index % 2 === 0 ? ': ' : '\r\n'), '')
    server.write(`${method} ${url} HTTP/1.1\r\n${headers}\r\n`)
    server.write(head)
    server.pipe(socket)
    socket.pipe(server)
  }

  #apply(fault: Laid, response: ServerResponse): void {
    if (fault.then === 'lose') response.destroy()
    else fault.onHeld(() => void response.destroy())
    fault.tell()
  }

  #takeFirst(said: readonly { text: string; run: string | null }[]): Laid | null {
    const index = this.#faults.findIndex(({ pattern, flowRunId }) =>
      said.some(({ text, run }) => pattern.test(text) && (!flowRunId || flowRunId === run)),
    )
    return index < 0 ? null : this.#faults.splice(index, 1)[0]!
  }
}

const RUN_PATH = /\/flow_runs\/([^/]+)\//
const SEVERAL = /\/aedile\/(work_pools\/[^/]+\/claims|attempts)$/
type Several = { claims?: { attempt: string; flow_run_id: string }[]; messages?: { attempt: string }[] }

const step = (name: string) => new RegExp(`^POST /api/aedile/attempts .*"step":"${name}"`)

/** The messages of an attempt of a plain command, in their order. */
export const MESSAGES = {
  claim: /^POST \/api\/aedile\/work_pools\/[^/]+\/claims /,
  intend: step('intend'),
  record: step('record'),
  advance: step('advance'),
  end: step('end'),
  remove: step('remove'),
}
