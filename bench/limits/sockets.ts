import type { Server } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { BareStore } from './bare-store.ts'
import { type GivenEvent, toEventRows, toStateRow } from './rows.ts'

/** The workers that are connected. */
export type Workers = {
  count(): number
  /** Sends a run to the worker at once. */
  push(run: { id: string; command: string }): void
  close(): void
}

/** Serves events over a websocket, and a worker that is sent runs and says how they ended. */
export function serveSockets(server: Server, store: BareStore): Workers {
  const sockets = new WebSocketServer({ noServer: true, autoPong: false, handleProtocols: () => 'prefect' })
  const workers = new Set<WebSocket>()
  server.on('upgrade', (request, stream, head) => {
    sockets.handleUpgrade(request, stream, head, (socket) => {
      if (request.url!.endsWith('/events/in')) return serveEvents(socket, store)
      workers.add(socket)
      socket.on('close', () => workers.delete(socket))
      socket.on('message', (data: Buffer) => {
        const { id, code } = JSON.parse(data.toString()) as { id: string; code: number }
        const state = code === 0 ? { type: 'COMPLETED', name: 'Completed' } : { type: 'FAILED', name: 'Failed' }
        void store.changeState(toStateRow(id, state))
      })
    })
  })
  return {
    count: () => workers.size,
    push(run) {
      for (const worker of workers) return worker.send(JSON.stringify(run))
    },
    close() {
      for (const socket of sockets.clients) socket.terminate()
    },
  }
}

/** Stores what comes in one turn of the event loop together; a ping is answered when all before it is committed. */
function serveEvents(socket: WebSocket, store: BareStore): void {
  let events: GivenEvent[] = []
  let pings: Buffer[] = []
  let isBusy = false
  const drain = async () => {
    isBusy = true
    while (events.length > 0 || pings.length > 0) {
      const [rows, answered] = [events.map(toEventRows), pings]
      events = []
      pings = []
      if (rows.length > 0) {
        const resources = rows.flatMap(({ resources }) => resources)
        await store.appendEvents({ events: rows.map(({ event }) => event), resources })
      }
      for (const ping of answered) if (socket.readyState === socket.OPEN) socket.pong(ping)
    }
    isBusy = false
  }
  const wake = () => {
    if (!isBusy) void drain()
  }
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as GivenEvent | { type: 'auth' }
    if ('type' in message) return socket.send(JSON.stringify({ type: 'auth_success' }))
    events.push(message)
    wake()
  })
  socket.on('ping', (data: Buffer) => {
    pings.push(data)
    wake()
  })
}
