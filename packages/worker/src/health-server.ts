import { createServer, type Server } from 'node:http'

/** Serves `/health`: 200 while the worker asked for work lately, 503 otherwise. */
export class HealthServer {
  readonly #server: Server
  readonly #host: string
  readonly #port: number

  constructor(options: { host: string; port: number; isHealthy: () => boolean }) {
    this.#host = options.host
    this.#port = options.port
    this.#server = createServer((request, response) => {
      const known = request.url?.split('?')[0] === '/health'
      const status = !known ? 404 : options.isHealthy() ? 200 : 503
      const message = !known ? 'Not Found' : status === 200 ? 'OK' : 'Worker may be unresponsive at this time'
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
    })
  }

  /** Listens; resolves with the port. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, this.#host, () => {
        const address = this.#server.address()
        resolve(typeof address === 'object' && address ? address.port : this.#port)
      })
    })
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
