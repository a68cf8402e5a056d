import type { WebSocket } from 'ws'

/** What may wait in the socket itself before the backlog is used. */
const SOCKET_BYTES = 1024 * 1024
/** How many messages wait for one subscriber; what comes beyond is dropped. Source: WC 2.3. */
const MOST_WAITING = 256

/** Sends messages to one subscriber in order, as fast as it reads them. A slow one loses the newest. */
export class Backlog {
  readonly #socket: WebSocket
  readonly #waiting: string[] = []
  #dropped = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get dropped(): number {
    return this.#dropped
  }

  push(text: string): void {
    if (this.#waiting.length === 0 && this.#socket.bufferedAmount < SOCKET_BYTES) this.#send(text)
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(text)
    else this.#dropped += 1
  }

  #send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(text, () => this.#sendWaiting())
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#socket.bufferedAmount < SOCKET_BYTES) this.#send(this.#waiting.shift()!)
  }
}

/** Sends one message and waits until it left the process: for long lists that must not pile up in memory. */
export function sendAndDrain(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve()
    socket.send(text, () => resolve())
  })
}
