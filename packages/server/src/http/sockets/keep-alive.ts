import type { WebSocket } from 'ws'

const INTERVAL_MILLISECONDS = 20_000

/** Pings every client, and drops those that did not answer since the last time. One timer for all sockets. */
export class KeepAlive {
  readonly #silent = new WeakSet<WebSocket>()
  readonly #sockets: ReadonlySet<WebSocket>
  readonly #timer: NodeJS.Timeout

  constructor(sockets: ReadonlySet<WebSocket>) {
    this.#sockets = sockets
    this.#timer = setInterval(() => this.#look(), INTERVAL_MILLISECONDS)
    this.#timer.unref()
  }

  watch(socket: WebSocket): void {
    const hear = () => void this.#silent.delete(socket)
    socket.on('pong', hear)
    socket.on('message', hear)
    socket.on('ping', hear)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const socket of this.#sockets) {
      // A socket that we hold back cannot have been heard.
      if (socket.isPaused) continue
      if (this.#silent.has(socket)) socket.terminate()
      else {
        this.#silent.add(socket)
        socket.ping()
      }
    }
  }
}
