import { connect, type Socket } from 'node:net'

/** A status and the body's text. */
export type LeanAnswer = { status: number; text: string }

type Waiting = { resolve(answer: LeanAnswer): void; reject(error: Error): void }

const HEAD_END = Buffer.from('\r\n\r\n')

/**
 * One kept-alive connection that says only what HTTP/1.1 asks for, one request at a time. Node's own client takes several
 * times the processor time for a request, and the load would then be slower than what it measures.
 */
export class LeanConnection {
  readonly #host: string
  readonly #port: number
  readonly #base: string
  #socket: Socket | null = null
  #received: Buffer = Buffer.alloc(0)
  #waiting: Waiting | null = null

  constructor(apiUrl: string, signal?: AbortSignal) {
    const { hostname, port, pathname } = new URL(apiUrl)
    this.#host = hostname
    this.#port = Number(port)
    this.#base = pathname
    signal?.addEventListener('abort', () => this.#fail(new Error('aborted')), { once: true })
  }

  /** Sends a request whose body is JSON, and resolves with whatever status came. */
  post(path: string, body: string): Promise<LeanAnswer> {
    this.#socket ??= this.#open()
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      const head = `POST ${this.#base}${path} HTTP/1.1\r\nhost: ${this.#host}:${this.#port}\r\ncontent-type: application/json\r\n`
      socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
    this.#received = Buffer.alloc(0)
    socket.on('data', (part: Buffer) => {
      this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part])
      this.#read()
    })
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
    return socket
  }

  #fail(error: Error): void {
    const socket = this.#socket
    this.#socket = null
    socket?.destroy()
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.reject(error)
  }

  #read(): void {
    if (this.#waiting === null) return
    const read = readAnswer(this.#received)
    if (read === null) return
    this.#received = this.#received.subarray(read.length)
    const { resolve } = this.#waiting
    this.#waiting = null
    if (read.closes) {
      this.#socket?.removeAllListeners('close').destroy()
      this.#socket = null
    }
    resolve({ status: read.status, text: read.text })
  }
}

/** Reads an answer that is whole; null while it is not. */
export function readAnswer(bytes: Buffer): (LeanAnswer & { length: number; closes: boolean }) | null {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return null
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const start = headEnd + HEAD_END.length
  const closes = /\r\nconnection:\s*close/i.test(head)
  if (/\r\ntransfer-encoding:\s*chunked/i.test(head)) {
    const chunked = readChunks(bytes, start)
    return chunked && { status, closes, ...chunked }
  }
  const length = Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0)
  if (bytes.length < start + length) return null
  return { status, closes, text: bytes.toString('utf8', start, start + length), length: start + length }
}

function readChunks(bytes: Buffer, start: number): { text: string; length: number } | null {
  const parts: Buffer[] = []
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return null
    if (size === 0) return { text: Buffer.concat(parts).toString(), length: next }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
