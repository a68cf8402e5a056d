import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import type { Workspace } from '../workspace.ts'
import type { Action } from './route.ts'
import { serveEventsIn } from './sockets/events-in.ts'
import { serveEventsOut } from './sockets/events-out.ts'
import { Frames } from './sockets/frames.ts'
import { shakeHands } from './sockets/handshake.ts'
import { KeepAlive } from './sockets/keep-alive.ts'
import { LiveFeed } from './sockets/live-feed.ts'
import { serveLogsOut } from './sockets/logs-out.ts'
import { serveWorkerChannel } from './sockets/worker-channel.ts'

/** One websocket of the API: what it is about, what a client must be allowed to do, and how it is served. */
export type SocketRoute = {
  path: string
  resource: string
  action: Action
  /** Closed before the upgrade without the subprotocol. */
  needsSubprotocol?: boolean
  serve(frames: Frames, workspace: Workspace, surroundings: Surroundings): Promise<void>
}

/** What sockets share: the live feed, who delivers due runs, and what the path says. */
export type Surroundings = { feed: LiveFeed; dispatcher: Dispatcher; params: Readonly<Record<string, string>> }

/** Every websocket of the API. Source: WC 2. */
export const socketRoutes: readonly SocketRoute[] = [
  { path: '/events/in', resource: 'event', action: 'create', serve: serveEventsIn },
  {
    path: '/events/out',
    resource: 'event',
    action: 'read',
    serve: (frames, workspace, { feed }) => serveEventsOut(frames, workspace, feed),
  },
  { path: '/logs/out', resource: 'log', action: 'read', serve: (frames, _workspace, { feed }) => serveLogsOut(frames, feed) },
  {
    path: '/work_pools/:work_pool_name/workers/connect',
    resource: 'worker',
    action: 'update',
    needsSubprotocol: true,
    serve: (frames, workspace, { dispatcher, params }) =>
      serveWorkerChannel(frames, workspace, { dispatcher, poolName: params.work_pool_name! }),
  },
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
  const dispatcher = new Dispatcher(workspace)
  const sockets = new WebSocketServer({
    noServer: true,
    autoPong: false,
    maxPayload: MOST_BYTES,
    handleProtocols: (offered) => (offered.has('prefect') ? 'prefect' : false),
  })
  const keepAlive = new KeepAlive(sockets.clients)
  const served = new Set<Promise<void>>()

  const serve = (socket: WebSocket, { route, params }: Found) => {
    keepAlive.watch(socket)
    const done = serveSocket(socket, route, workspace, { feed, dispatcher, params }, options).finally(() => served.delete(done))
    served.add(done)
  }
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const found = findRoute(request, options.basePath)
    if (!found) return refuse(stream, '404 Not Found', 'Not Found')
    // Without the subprotocol there is no handshake, so nobody could be known.
    const needsSubprotocol = options.authString !== null || found.route.needsSubprotocol
    if (needsSubprotocol && !offersPrefect(request)) return refuse(stream, '403 Forbidden', 'Forbidden')
    sockets.handleUpgrade(request, stream, head, (socket) => serve(socket, found))
  }
  server.on('upgrade', upgrade)

  return {
    async close() {
      server.off('upgrade', upgrade)
      server.on('upgrade', (_request, stream) => refuse(stream, '503 Service Unavailable', 'The server stops'))
      keepAlive.stop()
      dispatcher.stop()
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
  surroundings: Surroundings,
  { authString }: SocketOptions,
): Promise<void> {
  const frames = new Frames(socket)
  try {
    // A client without the subprotocol is of an older kind, which sends no auth message.
    const isKnown = socket.protocol !== 'prefect' || (await shakeHands(frames, authString))
    if (isKnown) await route.serve(frames, workspace, surroundings)
  } catch (error) {
    workspace.log.error({ err: error, socket: route.path }, 'a websocket failed')
    socket.close(INTERNAL_ERROR, 'Internal Server Error')
  }
}

type Found = { route: SocketRoute; params: Record<string, string> }

function findRoute(request: IncomingMessage, basePath: string): Found | undefined {
  const path = (request.url ?? '').split('?')[0]!
  if (!path.startsWith(basePath)) return undefined
  for (const route of socketRoutes) {
    const params = matchPath(route.path, path.slice(basePath.length))
    if (params) return { route, params }
  }
  return undefined
}

/** The parts of a path that a pattern names with `:name`, decoded; null when it does not fit. */
function matchPath(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    if (!part.startsWith(':')) {
      if (part !== given[index]) return null
      continue
    }
    try {
      params[part.slice(1)] = decodeURIComponent(given[index]!)
    } catch {
      return null
    }
  }
  return params
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
