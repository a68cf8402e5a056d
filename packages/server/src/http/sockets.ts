import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Workspace } from '../workspace.ts'
import type { Action } from './route.ts'
import { serveEventsIn } from './sockets/events-in.ts'
import { serveEventsOut } from './sockets/events-out.ts'
import { Frames } from './sockets/frames.ts'
import { shakeHands } from './sockets/handshake.ts'
import { KeepAlive } from './sockets/keep-alive.ts'
import { LiveFeed } from './sockets/live-feed.ts'
import { serveLogsOut } from './sockets/logs-out.ts'

/** One websocket of the API: what it is about, what a client must be allowed to do, and how it is served. */
export type SocketRoute = {
  path: string
  resource: string
  action: Action
  serve(frames: Frames, workspace: Workspace, feed: LiveFeed): Promise<void>
}

/** Every websocket of the API. Source: WC 2. */
export const socketRoutes: readonly SocketRoute[] = [
  { path: '/events/in', resource: 'event', action: 'create', serve: serveEventsIn },
  { path: '/events/out', resource: 'event', action: 'read', serve: serveEventsOut },
  { path: '/logs/out', resource: 'log', action: 'read', serve: (frames, _workspace, feed) => serveLogsOut(frames, feed) },
]

export type SocketOptions = { basePath: string; authString: string | null }

/** Largest message; an event of 1.5 MB may be written with escapes. */
const MOST_BYTES = 16 * 1024 * 1024
const GOING_AWAY = 1001
const INTERNAL_ERROR = 1011
const CLOSE_MILLISECONDS = 1000

/**
 * Serves the websockets of the API on an HTTP server. `close` ends all of them and resolves when the last is gone; an
 * upgrade to any other path gets an HTTP answer.
 */
export function attachSockets(server: Server, workspace: Workspace, options: SocketOptions): { close(): Promise<void> } {
  const feed = new LiveFeed(workspace)
  const sockets = new WebSocketServer({
    noServer: true,
    autoPong: false,
    maxPayload: MOST_BYTES,
    handleProtocols: (offered) => (offered.has('prefect') ? 'prefect' : false),
  })
  const keepAlive = new KeepAlive(sockets.clients)
  const served = new Set<Promise<void>>()

  const serve = (socket: WebSocket, route: SocketRoute) => {
    keepAlive.watch(socket)
    const done = serveSocket(socket, route, workspace, feed, options).finally(() => served.delete(done))
    served.add(done)
  }
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const route = findRoute(request, options.basePath)
    if (!route) return refuse(stream, '404 Not Found', 'Not Found')
    // Without the subprotocol there is no handshake, so nobody could be known.
    if (options.authString !== null && !offersPrefect(request)) return refuse(stream, '403 Forbidden', 'Forbidden')
    sockets.handleUpgrade(request, stream, head, (socket) => serve(socket, route))
  }
  server.on('upgrade', upgrade)

  return {
    async close() {
      server.off('upgrade', upgrade)
      server.on('upgrade', (_request, stream) => refuse(stream, '503 Service Unavailable', 'The server stops'))
      keepAlive.stop()
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'The server stops')
      const late = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, CLOSE_MILLISECONDS)
      await Promise.allSettled(served)
      clearTimeout(late)
      for (const socket of sockets.clients) socket.terminate()
    },
  }
}

async function serveSocket(
  socket: WebSocket,
  route: SocketRoute,
  workspace: Workspace,
  feed: LiveFeed,
  { authString }: SocketOptions,
): Promise<void> {
  const frames = new Frames(socket)
  try {
    // A client without the subprotocol is of an older kind, which sends no auth message.
    const isKnown = socket.protocol !== 'prefect' || (await shakeHands(frames, authString))
    if (isKnown) await route.serve(frames, workspace, feed)
  } catch (error) {
    workspace.log.error({ err: error, socket: route.path }, 'a websocket failed')
    socket.close(INTERNAL_ERROR, 'Internal Server Error')
  }
}

function findRoute(request: IncomingMessage, basePath: string): SocketRoute | undefined {
  const path = (request.url ?? '').split('?')[0]!
  return socketRoutes.find((route) => basePath + route.path === path)
}

function offersPrefect(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some((protocol) => protocol.trim() === 'prefect')
}

function refuse(stream: Duplex, status: string, detail: string): void {
  const body = JSON.stringify({ detail })
  stream.on('error', () => {})
  stream.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
