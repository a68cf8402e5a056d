import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** A proxy in front of a server that counts the requests of whoever uses it, and may keep websockets away. */
export class CountingProxy {
  readonly apiUrl: string
  /** How many requests came since the last `reset`, by method and path. */
  requests = new Map<string, number>()
  readonly #close: () => void

  private constructor(port: number, close: () => void) {
    this.apiUrl = `http://127.0.0.1:${port}/api`
    this.#close = close
  }

  /** Starts one. `websockets: false` answers 503 to those who want one, as a proxy may that knows none. */
  static async start(apiUrl: string, options: { websockets: boolean } = { websockets: true }): Promise<CountingProxy> {
    const { hostname: host, port } = new URL(apiUrl)
    const target = { host, port: Number(port) }
    const streams = new Set<Duplex>()
    const count = ({ method, url }: IncomingMessage) => {
      // Ids would make a line of each.
      const name = `${method} ${url!.split('?')[0]!.replace(/[0-9a-f-]{36}/g, '<id>')}`
      proxy.requests.set(name, (proxy.requests.get(name) ?? 0) + 1)
    }
    const server = createServer((incoming, outgoing) => {
      count(incoming)
      const asked = request({ ...target, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(outgoing)
      })
      asked.on('error', () => outgoing.destroy())
      incoming.pipe(asked)
    })
    server.on('upgrade', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
      count(incoming)
      if (!options.websockets)
        return client.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      const upstream = connect(target, () => {
        const headers = incoming.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
        upstream.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers}\r\n`)
        upstream.write(head)
        upstream.pipe(client).pipe(upstream)
      })
      const destroyBoth = () => {
        client.destroy()
        upstream.destroy()
      }
      for (const stream of [client, upstream]) {
        streams.add(stream)
        stream.on('error', () => undefined).on('close', destroyBoth)
      }
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    const proxy = new CountingProxy((server.address() as AddressInfo).port, () => {
      for (const stream of streams) stream.destroy()
      server.closeAllConnections()
      server.close()
    })
    return proxy
  }

  get total(): number {
    return [...this.requests.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Begins to count anew. */
  reset(): void {
    this.requests = new Map()
  }

  close(): void {
    this.#close()
  }
}
