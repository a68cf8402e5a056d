import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import { buildHttp } from '../build.ts'
import { routes } from './routes.ts'

let test: TestWorkspace
let app: FastifyInstance
beforeEach(async () => {
  test = await openTestWorkspace()
  app = buildHttp(test.workspace, { routes })
})
afterEach(async () => {
  await app.close()
  await test.close()
})

const post = (path: string, payload: unknown) =>
  app.inject({
    method: 'POST',
    url: `/api${path}`,
    payload: JSON.stringify(payload),
    headers: { 'content-type': 'application/json' },
  })
const occurred = { since: '2025-03-01T00:00:00Z', until: '2025-03-05T00:00:00Z' }
const at = (day: number, hour = 12) => `2025-03-0${day}T${hour}:00:00Z`
const event = (name: string, time: string, resource: Record<string, string> = {}) => ({
  id: randomUUID(),
  occurred: time,
  event: name,
  resource: { 'prefect.resource.id': 'thing.1', ...resource },
})

it('takes events in and finds them again', async () => {
  const sent = { ...event('a', '2025-03-01T12:00:00.000001Z'), payload: { n: [1, { B: null }] }, follows: randomUUID() }
  const answer = await post('/events', [sent])
  expect([answer.statusCode, answer.body]).toEqual([204, ''])
  const { events, total, next_page } = (await post('/events/filter', { filter: { occurred }, limit: null })).json()
  expect([total, next_page]).toEqual([1, null])
  expect(events).toEqual([{ ...sent, related: [], received: expect.any(String) }])
})

it('refuses a batch with one broken event as a whole', async () => {
  const answer = await post('/events', [event('a', at(1)), { ...event('b', at(1)), resource: { 'prefect.resource.id': '' } }])
  expect(answer.statusCode).toBe(422)
  expect((await post('/events/filter', { filter: { occurred } })).json().total).toBe(0)
})

describe('paging', () => {
  it('walks all events by the link to the next page, which keeps filter and order', async () => {
    await post(
      '/events',
      Array.from({ length: 7 }, (_, index) => event(`e${index}`, at(2))),
    )
    await post('/events', [event('other', at(3))])
    const filter = { occurred, event: { prefix: ['e'] }, order: 'ASC' }
    let page = (await post('/events/filter', { filter, limit: 3 })).json()
    const seen: string[] = []
    for (;;) {
      expect(page.total).toBe(7)
      seen.push(...page.events.map(({ event }: { event: string }) => event))
      if (page.next_page === null) break
      const next = new URL(page.next_page)
      expect(next.pathname).toBe('/api/events/filter/next')
      page = (await app.inject({ method: 'GET', url: next.pathname + next.search })).json()
    }
    expect(seen.sort()).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6'])
  })

  it('refuses a token that is none, and a limit above 50', async () => {
    const answer = await app.inject({ method: 'GET', url: '/api/events/filter/next?page-token=nonsense' })
    expect([answer.statusCode, answer.json().detail]).toEqual([403, 'Forbidden'])
    expect((await post('/events/filter', { limit: 51 })).statusCode).toBe(422)
  })
})

it('gives the latest event of each resource when they shall be distinct', async () => {
  await post('/events', [event('old', at(1)), event('new', at(2)), event('only', at(1), { 'prefect.resource.id': 'thing.2' })])
  const { events, total } = (await post('/events/filter', { filter: { occurred, resource: { distinct: true } } })).json()
  expect(events.map(({ event }: { event: string }) => event)).toEqual(['new', 'only'])
  expect(total).toBe(2)
})

describe('counts', () => {
  beforeEach(async () => {
    await post('/events', [
      event('a', at(1), { 'prefect.resource.name': 'first name' }),
      event('a', at(3, 10), { 'prefect.resource.name': 'last name' }),
      event('b', at(3, 23), { 'prefect.resource.id': 'thing.2' }),
    ])
  })

  it('by day has every day of the window, also the empty ones', async () => {
    const counts = (await post('/events/count-by/day', { filter: { occurred } })).json()
    expect(counts.map(({ value, count }: { value: string; count: number }) => [value, count])).toEqual([
      ['0', 1],
      ['1', 0],
      ['2', 2],
      ['3', 0],
    ])
    expect(counts[2]).toEqual({
      value: '2',
      label: '2025-03-03T00:00:00+00:00',
      count: 2,
      start_time: '2025-03-03T00:00:00Z',
      end_time: '2025-03-03T23:59:59.999999Z',
    })
  })

  it('by time has buckets of the unit, and not more than a thousand', async () => {
    const answer = await post('/events/count-by/time', { filter: { occurred }, time_unit: 'hour', time_interval: 12 })
    expect(answer.json().map(({ count }: { count: number }) => count)).toEqual([0, 1, 0, 0, 1, 1, 0, 0])
    const refused = await post('/events/count-by/time', { filter: { occurred }, time_unit: 'minute' })
    expect(refused.statusCode).toBe(422)
    expect(refused.json().detail).toMatch(/^The given interval would create 5760 buckets, which is too many\./)
  })

  it('by event and by resource come with the most frequent first and the latest name', async () => {
    const byEvent = (await post('/events/count-by/event', { filter: { occurred } })).json()
    expect(byEvent).toEqual([
      { value: 'a', label: 'a', count: 2, start_time: at(1), end_time: at(3, 10) },
      { value: 'b', label: 'b', count: 1, start_time: at(3, 23), end_time: at(3, 23) },
    ])
    const byResource = (await post('/events/count-by/resource', { filter: { occurred } })).json()
    expect(byResource).toEqual([
      { value: 'thing.1', label: 'last name', count: 2, start_time: at(1), end_time: at(3, 10) },
      { value: 'thing.2', label: 'thing.2', count: 1, start_time: at(3, 23), end_time: at(3, 23) },
    ])
  })
})
