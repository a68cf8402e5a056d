import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { LeanConnection } from './lean-connection.ts'

const CONNECT_SECONDS = 30
const READABLE_SECONDS = 120
const ASK_AGAIN_MILLISECONDS = 10
/** So many events lie between two pings, and so many pings may be unanswered. */
const PER_PING = 250
const PINGS_AHEAD = 8

/** One event about a thing, as a client sends it: some 330 bytes. */
export function buildEvent(resourceId: string, number: number): object {
  return {
    id: randomUUID(),
    occurred: new Date().toISOString(),
    event: 'bench.event',
    resource: { 'prefect.resource.id': resourceId },
    related: [{ 'prefect.resource.id': 'prefect.flow.bench', 'prefect.resource.role': 'flow' }],
    payload: { n: number },
  }
}

/** A websocket that takes events, greeted as clients greet it. */
async function openEvents(apiUrl: string): Promise<WebSocket> {
  const socket = new WebSocket(`${apiUrl.replace('http', 'ws')}/events/in`, ['prefect'], {
    handshakeTimeout: CONNECT_SECONDS * 1000,
  })
  await once(socket, 'open')
  const greeted = once(socket, 'message')
  socket.send(JSON.stringify({ type: 'auth', token: null }))
  const [answer] = (await greeted) as [Buffer]
  const { type } = JSON.parse(answer.toString()) as { type: string }
  if (type !== 'auth_success') throw new Error(`The events' websocket answered ${type}.`)
  return socket
}

/**
 * Sends so many events as fast as the socket takes them. Milliseconds since the first: until the server has taken all
 * (a ping after them answered, then the closing handshake), and until `/events/filter` counts all of them.
 */
export async function sendBurst(apiUrl: string, count: number): Promise<{ accepted: number; readable: number }> {
  const resourceId = `bench.thing.${randomUUID()}`
  const texts = Array.from({ length: count }, (_, index) => JSON.stringify(buildEvent(resourceId, index)))
  const socket = await openEvents(apiUrl)
  const started = performance.now()
  for (const text of texts) socket.send(text)
  socket.ping()
  await once(socket, 'pong')
  const closed = once(socket, 'close')
  socket.close()
  await closed
  const accepted = performance.now() - started
  const around = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
  const filter = { resource: { id: [resourceId] }, occurred: { since: around(-10), until: around(10) } }
  const connection = new LeanConnection(apiUrl)
  const body = JSON.stringify({ filter, limit: 1 })
  for (const deadline = started + READABLE_SECONDS * 1000; performance.now() < deadline; await sleep(ASK_AGAIN_MILLISECONDS)) {
    const { status, text } = await connection.post('/events/filter', body)
    if (status >= 300 || (JSON.parse(text) as { total: number }).total < count) continue
    connection.close()
    return { accepted, readable: performance.now() - started }
  }
  throw new Error(`${count} events could not be read in ${READABLE_SECONDS} s.`)
}

/** Sends events for some seconds, never more than a few pings ahead of the server. Gives how many it has taken, and each ping's wait. */
export async function streamEvents(apiUrl: string, seconds: number): Promise<{ done: number; seconds: number; waits: number[] }> {
  const resourceId = `bench.thing.${randomUUID()}`
  const socket = await openEvents(apiUrl)
  const started = performance.now()
  const end = started + seconds * 1000
  const waits: number[] = []
  const sentAt: number[] = []
  let wake: (() => void) | null = null
  let failure: Error | null = null
  socket.on('pong', () => {
    waits.push(performance.now() - sentAt.shift()!)
    wake?.()
  })
  socket.on('error', (error) => (failure = error))
  socket.on('close', () => {
    failure ??= new Error('the websocket was closed')
    wake?.()
  })
  while (performance.now() < end || sentAt.length > 0) {
    if (failure) throw failure
    if (performance.now() >= end || sentAt.length >= PINGS_AHEAD) {
      await new Promise<void>((resolve) => (wake = resolve))
      continue
    }
    for (let index = 0; index < PER_PING; index++) socket.send(JSON.stringify(buildEvent(resourceId, index)))
    sentAt.push(performance.now())
    socket.ping()
    // Lets answers in between two parts.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  socket.removeAllListeners('close').terminate()
  return { done: waits.length * PER_PING, seconds: (performance.now() - started) / 1000, waits }
}
