import { createClient } from '@aedile/core/client/client'
import type { EventInput } from '@aedile/core/resources/event'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { EventSender } from './event-sender.ts'

/** A server that answers each request for events as it is told, and keeps what it took. */
class EventServer {
  readonly taken: string[] = []
  readonly requests: string[][] = []
  readonly #answers: ((names: string[]) => Response | null)[]
  #onTaken = () => {}

  /** One answer per request, the last one for all that follow; null is none. */
  constructor(...answers: ((names: string[]) => Response | null)[]) {
    this.#answers = answers
  }

  get sender(): EventSender {
    const fetch: typeof globalThis.fetch = async (_, init) => {
      const names = (JSON.parse(String(init?.body)) as EventInput[]).map(({ event }) => event)
      this.requests.push(names)
      const answer = (this.#answers.length > 1 ? this.#answers.shift()! : this.#answers[0]!)(names)
      if (!answer) throw new TypeError('fetch failed')
      if (answer.ok) this.taken.push(...names)
      this.#onTaken()
      return answer
    }
    const client = createClient({ apiUrl: 'http://server/api', csrf: false, maxRetries: 0, fetch })
    return new EventSender({ client, log: pino({ level: 'silent' }) })
  }

  async untilTaken(name: string): Promise<void> {
    while (!this.taken.includes(name)) {
      await new Promise<void>((resolve) => {
        this.#onTaken = resolve
      })
    }
  }
}

const take = () => new Response(null, { status: 204 })
const away = () => null
const refuse = () => Response.json({ detail: 'Too many related resources' }, { status: 422 })

function event(name: string): EventInput {
  const id = '0198a5b0-0000-7000-8000-000000000000'
  return { id, occurred: '2026-01-01T00:00:00Z', event: name, resource: { 'prefect.resource.id': 'a' } }
}

describe('events', () => {
  it('are sent in order, together where several wait', async () => {
    const server = new EventServer(take)
    const sender = server.sender
    for (const name of ['a', 'b', 'c']) sender.offer(event(name))
    await sender.close(10)
    expect(server.requests).toEqual([['a'], ['b', 'c']])
  })

  it('that got no answer are sent again, before those that came later', async () => {
    const server = new EventServer(away, take)
    const sender = server.sender
    for (const name of ['a', 'b']) sender.offer(event(name))
    await server.untilTaken('b')
    expect(server.taken).toEqual(['a', 'b'])
    // Idle in between: the next one is sent, too.
    sender.offer(event('c'))
    await server.untilTaken('c')
    await sender.close(10)
  })

  it('wait while the server is away, the newest thousand of them', async () => {
    let isAway = true
    const server = new EventServer(() => (isAway ? null : take()))
    const sender = server.sender
    for (let number = 1; number <= 1_200; number++) sender.offer(event(String(number)))
    isAway = false
    await server.untilTaken('1200')
    expect(server.taken).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index + 201)))
    await sender.close(10)
  })

  it('that are refused take no others with them', async () => {
    const server = new EventServer(take, (names) => (names.includes('bad') ? refuse() : take()))
    const sender = server.sender
    for (const name of ['a', 'b', 'bad', 'c']) sender.offer(event(name))
    await server.untilTaken('c')
    expect(server.taken).toEqual(['a', 'b', 'c'])
    await sender.close(10)
  })

  it('are given up when the worker ends and the server is away', async () => {
    const server = new EventServer(away)
    const sender = server.sender
    sender.offer(event('a'))
    await sender.close(0)
    sender.offer(event('b'))
    expect(server.requests).toEqual([['a']])
  })
})
