import { AedileError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { ApiClient } from './client.ts'

const HANDSHAKE_SECONDS = 15

/** An open stream: the frames after the handshake, until either side closes. */
export type OpenStream = {
  frames: AsyncIterable<JsonObject>
  /** Sends a frame; one that is sent after the end is lost. */
  send: (frame: JsonObject) => void
  close: () => void
}

/**
 * Opens one socket and does the handshake of the API's streams: subprotocol `prefect`, the auth frame, its answer, then
 * the client's first frame, e.g. a filter. Throws `api_unauthorized` when the server refuses the credentials (close code 1008), `api_invalid` when it
 * refuses the filter (1002), otherwise `api_unreachable`.
 */
export async function openStream(client: ApiClient, path: string, first: JsonObject, signal?: AbortSignal): Promise<OpenStream> {
  const url = client.apiUrl.replace(/^http/, 'ws') + path
  const { apiKey, authString, customHeaders = {}, openSocket = openPlatformSocket } = client.options
  signal?.throwIfAborted()
  const socket = openSocket(url, 'prefect', customHeaders)
  const frames = new FrameQueue(url)
  const abort = () => {
    frames.fail(signal?.reason)
    socket.close()
  }
  signal?.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(() => {
    frames.fail(new AedileError('api_timeout', { method: 'GET', url, seconds: HANDSHAKE_SECONDS }))
    socket.close()
  }, HANDSHAKE_SECONDS * 1000)
  socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'auth', token: apiKey ?? authString ?? null })))
  socket.addEventListener('message', (message) => frames.push(message.data))
  socket.addEventListener('close', (closed) => {
    signal?.removeEventListener('abort', abort)
    frames.fail(errorFromClose(url, closed.code, closed.reason))
  })
  try {
    const answer = await frames.next()
    if (answer.type !== 'auth_success') throw new AedileError('api_unauthorized', { url, detail: JSON.stringify(answer) })
    socket.send(JSON.stringify(first))
    const send = (frame: JsonObject) => {
      if (socket.readyState === 1) socket.send(JSON.stringify(frame))
    }
    return { frames: frames.all(), send, close: () => socket.close() }
  } catch (error) {
    socket.close()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function errorFromClose(url: string, code: number, reason: string): AedileError {
  if (code === 1008) return new AedileError('api_unauthorized', { url, detail: reason })
  if (code === 1002 && reason) return new AedileError('api_invalid', { method: 'GET', url, detail: reason })
  return new AedileError('api_unreachable', {
    url,
    reason: `the stream was closed (${[code, reason].filter(Boolean).join(' ')})`,
  })
}

/** Node's WebSocket takes headers beside the protocol; a browser's would read the object as text. */
function openPlatformSocket(url: string, protocol: string, headers: Record<string, string>): WebSocket {
  const isNode = 'process' in globalThis && !('document' in globalThis)
  if (!isNode || Object.keys(headers).length === 0) return new WebSocket(url, protocol)
  const NodeWebSocket = WebSocket as unknown as new (
    url: string,
    init: { protocols: string; headers: Record<string, string> },
  ) => WebSocket
  return new NodeWebSocket(url, { protocols: protocol, headers })
}

/** Frames that arrived and were not read yet; ends with the error that it was failed with. */
class FrameQueue {
  readonly #url: string
  readonly #frames: JsonObject[] = []
  #failure: { reason: unknown } | null = null
  #wake: (() => void) | null = null

  constructor(url: string) {
    this.#url = url
  }

  push(data: unknown): void {
    try {
      const frame: unknown = JSON.parse(String(data))
      if (isJsonObject(frame)) this.#frames.push(frame)
    } catch {
      this.fail(new AedileError('api_answer_unreadable', { method: 'GET', url: this.#url, detail: String(data).slice(0, 200) }))
    }
    this.#wake?.()
  }

  /** The first failure counts; frames that came before it are still read. */
  fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#wake?.()
  }

  async next(): Promise<JsonObject> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame) return frame
      if (this.#failure) throw this.#failure.reason
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async *all(): AsyncGenerator<JsonObject> {
    for (;;) yield await this.next()
  }
}
