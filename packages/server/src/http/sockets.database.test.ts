import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventFilter } from '@aedile/core/filters/event'
import type { ReceivedEvent } from '@aedile/core/resources/event'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Changes } from '../changes.ts'
import { openStore } from '../store/open.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { ingestEvents } from './events/ingest-events.ts'
import { receiveEvents } from './events/receive-events.ts'
import { searchEvents } from './events/search-events.ts'
import { writeLogs } from './logs/write-logs.ts'
import { attachSockets } from './sockets.ts'

let test: TestWorkspace
let server: Server
let sockets: ReturnType<typeof attachSockets>
let clients: Client[] = []

beforeEach(async () => {
  test = await openTestWorkspace()
  await listen(null)
})
afterEach(async () => {
  await stop()
  await test.close()
})

async function listen(authString: string | null): Promise<void> {
  server = createServer()
  sockets = attachSockets(server, test.workspace, { basePath: '/api', authString })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
async function stop(): Promise<void> {
  await sockets.close()
  for (const { socket } of clients) socket.terminate()
  clients = []
  server.close()
}

/** A client that keeps what it receives. */
class Client {
  readonly socket: WebSocket
  readonly #messages: Record<string, unknown>[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  #wake = () => {}

  constructor(path: string, protocols: string[] = ['prefect']) {
    this.socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, protocols)
    clients.push(this)
    this.socket.on('message', (data) => {
      this.#messages.push(JSON.parse(String(data)))
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.closed = once(this.socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  }

  async open(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open')
    return this
  }

  async shakeHands(token: string | null = null): Promise<this> {
    await this.open()
    this.send({ type: 'auth', token })
    expect(await this.next()).toEqual({ type: 'auth_success' })
    return this
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  async next(): Promise<Record<string, unknown>> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#messages.shift()!
  }

  async nextEvent(): Promise<string> {
    const { type, event } = await this.next()
    expect(type).toBe('event')
    return (event as ReceivedEvent).event
  }

  /** Resolves with the PONG that answers. */
  async ping(): Promise<void> {
    this.socket.ping(randomUUID())
    await once(this.socket, 'pong')
  }
}

/** The HTTP answer to an upgrade that was refused. */
function refusal(path: string, protocols: string[] = ['prefect']): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, protocols)
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode!)
      response.resume()
      socket.terminate()
    })
    socket.on('open', () => reject(new Error('The socket was opened.')))
    socket.on('error', () => {})
  })
}

function makeEvent(name: string, more: Record<string, unknown> = {}) {
  return {
    id: randomUUID(),
    occurred: formatTimestamp(nowMicroseconds()),
    event: name,
    resource: { 'prefect.resource.id': 'thing.1' },
    related: [],
    payload: {},
    ...more,
  }
}

const publish = (...names: string[]) => ingestEvents(test.workspace, receiveEvents(names.map((name) => makeEvent(name))), 100)
const storedEvents = async () =>
  (await test.workspace.store.db.selectFrom('event').select('event').orderBy('occurred').execute()).map(({ event }) => event)
const window = () => ({
  since: formatTimestamp(nowMicroseconds() - 60_000_000),
  until: formatTimestamp(nowMicroseconds() + 3_600_000_000),
})

describe('the handshake', () => {
  it('selects the subprotocol, answers a PING before it and any token without an auth string', async () => {
    const client = await new Client('/api/events/in').open()
    expect(client.socket.protocol).toBe('prefect')
    await client.ping()
    await client.shakeHands('whatever')
  })

  it.each([
    [{ type: 'hello' }, "Expected 'auth' message"],
    [{ type: 'auth' }, 'Auth required but no token provided'],
    [{ type: 'auth', token: null }, 'Auth required but no token provided'],
    [{ type: 'auth', token: 'admin:wrong' }, 'Invalid token'],
  ])('closes on %j', async (message, reason) => {
    await stop()
    await listen('admin:pass')
    for (const path of ['/api/events/in', '/api/events/out', '/api/logs/out']) {
      const client = await new Client(path).open()
      client.send(message)
      expect(await client.closed).toEqual({ code: 1008, reason })
    }
  })

  it('lets the right token in, and refuses a client without the subprotocol over HTTP', async () => {
    await stop()
    await listen('admin:pass')
    await new Client('/api/events/out').shakeHands('admin:pass')
    expect(await refusal('/api/events/out', [])).toBe(403)
  })

  it('is left out for a client without the subprotocol when there is no auth string', async () => {
    const client = await new Client('/api/events/in', []).open()
    client.send(makeEvent('old'))
    await client.ping()
    expect(await storedEvents()).toEqual(['old'])
  })

  it.each(['not json', '[]'])('drops a client that sends %s', async (text) => {
    const client = await new Client('/api/logs/out').open()
    client.send(text)
    expect((await client.closed).code).toBe(1006)
  })

  it.each(['/events/in', '/api/events', '/api/task_runs/subscriptions/scheduled', '/api/work_pools/p/workers'])(
    'answers 404 over HTTP to %s',
    async (path) => {
      expect(await refusal(path)).toBe(404)
    },
  )
})

describe('/events/in', () => {
  it('answers a PING when the events before it are committed', async () => {
    const client = await new Client('/api/events/in').shakeHands()
    for (let index = 0; index < 700; index++) client.send(makeEvent('many'))
    await client.ping()
    expect(await storedEvents()).toHaveLength(700)
  })

  it('keeps an event that is sent again once, over two connections', async () => {
    const event = makeEvent('twice')
    for (let connection = 0; connection < 2; connection++) {
      const client = await new Client('/api/events/in').shakeHands()
      client.send(event)
      client.send(event)
      await client.ping()
    }
    expect(await storedEvents()).toEqual(['twice'])
  })

  it('drops the connection on a broken event, after what came before was committed', async () => {
    const client = await new Client('/api/events/in').shakeHands()
    client.send(makeEvent('good'))
    client.send(makeEvent('bad', { resource: {} }))
    client.send(makeEvent('late'))
    expect((await client.closed).code).toBe(1006)
    expect(await storedEvents()).toEqual(['good'])
  })

  it('takes in a too large event, a NUL character and half a character without harm', async () => {
    const client = await new Client('/api/events/in').shakeHands()
    client.send(makeEvent('large', { payload: { text: 'x'.repeat(1_600_000) } }))
    const resource = { 'prefect.resource.id': 'odd', half: '\ud800' }
    client.send(makeEvent('nul\0', { resource, payload: { text: 'a\0b' } }))
    await client.ping()
    expect(await storedEvents()).toEqual(['nul'])
    const filter = eventFilter.parse({ occurred: window(), resource: { labels: { half: '*' } } })
    expect(await searchEvents(test.workspace.store, filter, { limit: 9, offset: 0 })).toHaveLength(1)
  })
})

describe('/events/out', () => {
  it('sends what was, in order, and then what comes, each once', async () => {
    await publish('one', 'two')
    const client = await new Client('/api/events/out').shakeHands()
    client.send({ type: 'filter', filter: { occurred: window(), id: { id: [] }, resource: null, related: null, text: null } })
    expect(await client.nextEvent()).toBe('one')
    expect(await client.nextEvent()).toBe('two')
    await publish('three')
    expect(await client.nextEvent()).toBe('three')
    await publish('four')
    expect(await client.nextEvent()).toBe('four')
  })

  it('sends a backfill of several pages whole while events go on coming', async () => {
    const names = Array.from({ length: 600 }, (_, index) => `old-${index}`)
    await publish(...names)
    const client = await new Client('/api/events/out').shakeHands()
    client.send({ type: 'filter', filter: { occurred: window() } })
    const received = new Set([await client.nextEvent()])
    await publish('during')
    while (!received.has('during') || received.size < 601) received.add(await client.nextEvent())
    expect(received.size).toBe(601)
    await publish('after')
    expect(await client.nextEvent()).toBe('after')
  })

  it('sends only what the filter includes, and nothing old when no backfill is wanted', async () => {
    await publish('prefect.flow-run.Running')
    const client = await new Client('/api/events/out').shakeHands()
    client.send({ type: 'filter', backfill: false, filter: { occurred: window(), event: { prefix: ['prefect.'] } } })
    await client.ping()
    await publish('other', 'prefect.flow-run.Completed')
    expect(await client.nextEvent()).toBe('prefect.flow-run.Completed')
  })

  it('sends what another server on the same database commits', async () => {
    const { kind } = test.workspace.store
    const other = kind === 'postgres' ? await openStore({ url: test.url }) : test.workspace.store
    const elsewhere = kind === 'postgres' ? { ...test.workspace, store: other, changes: new Changes() } : test.workspace
    const client = await new Client('/api/events/out').shakeHands()
    client.send({ type: 'filter', filter: { occurred: window() } })
    await publish('here')
    expect(await client.nextEvent()).toBe('here')
    await ingestEvents(elsewhere, receiveEvents([makeEvent('there')]), 100)
    expect(await client.nextEvent()).toBe('there')
    await publish('here again')
    expect(await client.nextEvent()).toBe('here again')
    if (other !== test.workspace.store) await other.close()
  })

  it.each([
    [{ type: 'auth' }, "Expected 'filter' message"],
    [{ type: 'filter' }, "Invalid filter: 'filter'"],
  ])('closes on %j', async (message, reason) => {
    for (const path of ['/api/events/out', '/api/logs/out']) {
      const client = await new Client(path).shakeHands()
      client.send(message)
      expect(await client.closed).toEqual({ code: 1002, reason })
    }
  })

  it('tells what is wrong with a filter', async () => {
    const client = await new Client('/api/events/out').shakeHands()
    client.send({ type: 'filter', filter: { unknown: 1 } })
    const { code, reason } = await client.closed
    expect(code).toBe(1002)
    expect(reason).toMatch(/^Invalid filter: .*unknown/)
  })
})

it('/logs/out streams the lines that the filter includes', async () => {
  const flowRunId = randomUUID()
  const line = (message: string, level: number, flow_run_id: string) => {
    return { name: 'root', level, message, timestamp: formatTimestamp(nowMicroseconds()), flow_run_id }
  }
  const client = await new Client('/api/logs/out').shakeHands()
  client.send({ type: 'filter', filter: { flow_run_id: { any_: [flowRunId] }, level: { ge_: 20 } } })
  await client.ping()
  await writeLogs(test.workspace, [line('a', 20, flowRunId), line('b', 10, flowRunId), line('c', 20, randomUUID())], 100)
  await writeLogs(test.workspace, [line('d', 40, flowRunId)], 100)
  expect(await client.next()).toMatchObject({ type: 'log', log: { message: 'a', level: 20, flow_run_id: flowRunId } })
  expect(await client.next()).toMatchObject({ type: 'log', log: { message: 'd' } })
})

it('a stop ends every stream, and what was sent before is kept', async () => {
  const sender = await new Client('/api/events/in').shakeHands()
  const stream = await new Client('/api/events/out').shakeHands()
  stream.send({ type: 'filter', filter: { occurred: window() } })
  sender.send(makeEvent('last'))
  expect(await stream.nextEvent()).toBe('last')
  await sockets.close()
  expect((await stream.closed).code).toBe(1001)
  expect((await sender.closed).code).toBe(1001)
  expect(await storedEvents()).toEqual(['last'])
})
