import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { flowRow, flowRunRow, testId } from '../../store/queries/testing/rows.ts'
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
const insertParent = () =>
  test.workspace.store.write(async ({ db }) => {
    await db.insertInto('flow').values(flowRow(1)).execute()
    await db
      .insertInto('flow_run')
      .values(flowRunRow(2, { flow_id: testId(1) }))
      .execute()
  })
const line = (message: string, more: Record<string, unknown> = {}) => ({
  name: 'prefect.flow_runs',
  level: 20,
  message,
  timestamp: '2025-03-01T12:00:00.123456+00:00',
  flow_run_id: testId(2),
  task_run_id: null,
  ...more,
})
const search = async (body: unknown) => (await post('/logs/filter', body)).json() as { message: string }[]
const messages = async (body: unknown) => (await search(body)).map(({ message }) => message)

it('stores a batch and gives it back in the order of its lines', async () => {
  const answer = await post('/logs/', [line('one'), line('two'), line('t\0hree', { level: 40 })])
  expect([answer.statusCode, answer.json()]).toEqual([201, null])
  expect(await messages({ logs: null, limit: null, offset: null })).toEqual(['one', 'two', 'three'])
  expect(await messages({ sort: 'TIMESTAMP_DESC', limit: 1, offset: 1 })).toEqual(['two'])
  expect(await messages({ logs: { level: { ge_: 30 } } })).toEqual(['three'])
  expect((await search({}))[0]).toEqual({
    id: expect.any(String),
    created: expect.any(String),
    updated: expect.any(String),
    name: 'prefect.flow_runs',
    level: 20,
    message: 'one',
    timestamp: '2025-03-01T12:00:00.123456Z',
    flow_run_id: testId(2),
    task_run_id: null,
  })
})

it('goes on after a line whose time others share', async () => {
  await post(
    '/logs/',
    ['one', 'two', 'three', 'four'].map((message) => line(message)),
  )
  const [, second] = (await search({ limit: 2 })) as unknown as { id: string }[]
  expect(await messages({ after: second!.id })).toEqual(['three', 'four'])
  expect(await messages({ after: second!.id, sort: 'TIMESTAMP_DESC' })).toEqual(['one'])
})

it('orders, pages and cuts lines by their exact times, whatever the order of their coming', async () => {
  const times = [
    '1969-12-31T23:59:59.850000Z',
    '1969-12-31T23:59:59.950000Z',
    '1970-01-01T00:00:00.049999Z',
    '2025-03-01T12:00:00.099999Z',
    '2025-03-01T12:00:00.100000Z',
    '2025-03-01T12:00:00.100001Z',
    '2025-03-01T12:00:00.199999Z',
    '2025-03-01T12:00:01.000000Z',
  ]
  const mixed = [5, 0, 7, 3, 1, 6, 2, 4].map((index) => times[index]!)
  await post(
    '/logs/',
    mixed.map((timestamp) => line(timestamp, { timestamp })),
  )
  for (const flow_run_id of [{ any_: [testId(2)] }, undefined]) {
    expect(await messages({ logs: { flow_run_id } })).toEqual(times)
    expect(await messages({ logs: { flow_run_id }, sort: 'TIMESTAMP_DESC' })).toEqual(times.toReversed())
    expect(await messages({ logs: { flow_run_id, timestamp: { after_: times[5] } } })).toEqual(times.slice(5))
    expect(await messages({ logs: { flow_run_id, timestamp: { before_: times[1] } } })).toEqual(times.slice(0, 2))
    expect(await messages({ logs: { flow_run_id, timestamp: { after_: times[1], before_: times[4] } } })).toEqual(
      times.slice(1, 5),
    )
  }
  const seen: string[] = []
  for (let after: string | undefined; ; ) {
    const [next] = (await search({ logs: { flow_run_id: { any_: [testId(2)] } }, limit: 1, after })) as unknown as {
      id: string
      message: string
    }[]
    if (!next) break
    seen.push(next.message)
    after = next.id
  }
  expect(seen).toEqual(times)
})

it('goes on after a line that the filter leaves out', async () => {
  await post('/logs/', [line('one', { level: 40 }), line('two'), line('three', { level: 40 })])
  const [, second] = (await search({})) as unknown as { id: string }[]
  expect(await messages({ logs: { level: { ge_: 30 } }, after: second!.id })).toEqual(['three'])
})

it('numbers the lines of each flow run from 1, over several requests', async () => {
  await post('/logs/', [line('a1'), line('b1', { flow_run_id: testId(3) }), line('a2')])
  await post('/logs/', [line('a3'), line('free', { flow_run_id: null })])
  const rows = await test.workspace.store.db.selectFrom('log').select(['message', 'sequence']).orderBy('message').execute()
  expect(rows.map(({ message, sequence }) => [message, sequence])).toEqual([
    ['a1', 1],
    ['a2', 2],
    ['a3', 3],
    ['b1', 1],
    ['free', 0],
  ])
})

it('stores requests that come at once, each in the order of its lines, and hears of their run', async () => {
  await insertParent()
  const requests = Array.from({ length: 30 }, (_, request) => post('/logs/', [line(`${request} a`), line(`${request} b`)]))
  const refused = post('/logs/', [line('bad', { worker_id: randomUUID() })])
  expect((await Promise.all(requests)).map(({ statusCode }) => statusCode)).toEqual(Array(30).fill(201))
  expect((await refused).statusCode).toBe(422)
  const rows = await test.workspace.store.db.selectFrom('log').select(['message', 'sequence']).orderBy('sequence').execute()
  expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
  const firsts = rows.filter(({ sequence }) => sequence % 2 === 1).map(({ message }) => message.replace(' a', ''))
  expect(rows.map(({ message }) => message)).toEqual(firsts.flatMap((request) => [`${request} a`, `${request} b`]))
  const run = await test.workspace.store.db.selectFrom('flow_run').select('child_heard_at').executeTakeFirstOrThrow()
  expect(run.child_heard_at).not.toBeNull()
})

it('refuses a batch with a line that has unknown keys, and keeps nothing of it', async () => {
  expect((await post('/logs/', [line('good'), line('bad', { worker_id: randomUUID() })])).statusCode).toBe(422)
  expect(await messages({})).toEqual([])
})

it('answers a limit out of its bounds in words that clients look for', async () => {
  const answer = await post('/logs/filter', { limit: 201 })
  expect(answer.statusCode).toBe(422)
  expect(answer.json().detail).toBe('Invalid limit: must be less than or equal to 200.')
  expect((await post('/logs/filter', { limit: 0 })).json()).toEqual([])
  expect((await post('/logs/filter', { offset: -1 })).json().exception_message).toBe('Invalid request received.')
})

it('tells that the child of a flow run lives', async () => {
  await insertParent()
  await post('/logs/', [line('alive')])
  const run = await test.workspace.store.db.selectFrom('flow_run').select('child_heard_at').executeTakeFirstOrThrow()
  expect(run.child_heard_at).not.toBeNull()
})
