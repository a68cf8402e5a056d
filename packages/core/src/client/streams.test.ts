import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import type { ReceivedEvent } from '../resources/event.ts'
import { createClient } from './client.ts'
import { streamEvents } from './streams.ts'

type Frame = { type: string; token?: string; filter?: { occurred: { since: string } } }

const servers: WebSocketServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    for (const socket of server.clients) socket.terminate()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A real server that does the handshake and hands the filter of the n-th connection on. */
async function startServer(onFilter: (socket: ServerSocket, filter: Frame, nth: number) => void, token: string | null = null) {
  let connections = 0
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'prefect' })
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket) => {
    const nth = ++connections
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame
      if (frame.type !== 'auth') return onFilter(socket, frame, nth)
      if (token !== null && frame.token !== token) return socket.close(1008, 'Invalid token')
      socket.send(JSON.stringify({ type: 'auth_success' }))
    })
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
}

const send = (socket: ServerSocket, id: string) =>
  socket.send(JSON.stringify({ type: 'event', event: { id, occurred: `2026-01-01T00:00:0${id}Z` } }))

test('a stream that is cut goes on from the last event seen and delivers nothing twice', async () => {
  const since: string[] = []
  const apiUrl = await startServer((socket, frame, nth) => {
    since.push(frame.filter!.occurred.since)
    for (const id of nth === 1 ? ['1', '2'] : ['2', '3']) send(socket, id)
    if (nth === 1) socket.close(1012)
  })
  const stop = new AbortController()
  const ids: string[] = []
  let lost = 0
  const options = { signal: stop.signal, onDisconnected: () => lost++ }
  for await (const event of streamEvents(createClient({ apiUrl }), {}, options)) {
    ids.push((event as ReceivedEvent).id)
    if (event.id === '3') stop.abort()
  }
  expect(ids).toEqual(['1', '2', '3'])
  expect(since[1]).toBe('2026-01-01T00:00:02Z')
  expect(lost).toBe(1)
})

test('refused credentials end the stream with the reason of the server', async () => {
  const apiUrl = await startServer(() => {}, 'right')
  const stream = streamEvents(createClient({ apiUrl, authString: 'wrong' }))
  await expect(stream.next()).rejects.toMatchObject({ code: 'api_unauthorized', details: { detail: 'Invalid token' } })
})

test('a refused filter ends the stream with the reason of the server', async () => {
  const apiUrl = await startServer((socket) => socket.close(1002, 'Invalid filter: x'))
  await expect(streamEvents(createClient({ apiUrl })).next()).rejects.toMatchObject({ code: 'api_invalid' })
})
