import { once } from 'node:events'
import type { WebSocket } from 'ws'

export type Frame = { kind: 'text'; text: string } | { kind: 'ping'; data: Buffer }

const PAUSE_BYTES = 4 * 1024 * 1024
const RESUME_BYTES = 1024 * 1024

/**
 * What a client sends, in order. PINGs are answered at once, until somebody asks to have them in line with the texts: a
 * PONG of `/events/in` says that everything before its PING was taken in. A client that sends faster than it is read is
 * held back.
 */
export class Frames {
  readonly socket: WebSocket
  #frames: Frame[] = []
  #bytes = 0
  #pingsInLine = false
  #wake: (() => void) | undefined
  #isClosed = false

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary) => (isBinary ? socket.terminate() : this.#push(toText(data))))
    socket.on('ping', (data) => (this.#pingsInLine ? this.#push({ kind: 'ping', data }) : this.pong(data)))
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake?.()
    })
    // A broken frame or connection ends in `close` too.
    socket.on('error', () => {})
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  putPingsInLine(): void {
    this.#pingsInLine = true
  }

  pong(data: Buffer): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.pong(data)
  }

  /** Everything that has come; waits for at least one frame. Empty when the client is gone. */
  async takeAll(): Promise<Frame[]> {
    if (this.#frames.length === 0 && !this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#take(this.#frames.length)
  }

  /** The next text, or null when the client is gone. */
  async takeText(): Promise<string | null> {
    for (;;) {
      if (this.#frames.length === 0 && !this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve))
      const [frame] = this.#take(1)
      if (!frame) return null
      if (frame.kind === 'text') return frame.text
      this.pong(frame.data)
    }
  }

  /** Resolves when the client is gone. What it still sends is not read. */
  async closed(): Promise<void> {
    if (!this.#isClosed) await once(this.socket, 'close')
  }

  #push(frame: Frame): void {
    this.#frames.push(frame)
    this.#bytes += sizeOf(frame)
    if (this.#bytes > PAUSE_BYTES) this.socket.pause()
    this.#wake?.()
    this.#wake = undefined
  }

  #take(count: number): Frame[] {
    const taken = this.#frames.splice(0, count)
    for (const frame of taken) this.#bytes -= sizeOf(frame)
    if (this.socket.isPaused && this.#bytes < RESUME_BYTES) this.socket.resume()
    return taken
  }
}

function toText(data: Buffer): Frame {
  return { kind: 'text', text: data.toString('utf8') }
}

function sizeOf(frame: Frame): number {
  return frame.kind === 'text' ? frame.text.length : frame.data.length
}
