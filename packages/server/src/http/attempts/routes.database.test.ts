import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { insertFlow, insertPool, insertRun } from '../../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import { buildHttp } from '../build.ts'

let testing: TestWorkspace
let app: FastifyInstance
beforeEach(async () => {
  testing = await openTestWorkspace()
  app = buildHttp(testing.workspace)
})
afterEach(async () => {
  await app.close()
  await testing.close()
})

async function post(path: string, payload: object, headers = {}) {
  const answer = await app.inject({ method: 'POST', url: `/api${path}`, payload, headers })
  return { status: answer.statusCode, body: answer.json() }
}

test('a worker asks who the server is', async () => {
  const answer = await app.inject({ method: 'GET', url: '/api/aedile/hello' })
  expect(answer.json()).toMatchObject({
    server_id: testing.workspace.serverId,
    capabilities: expect.arrayContaining(['attempts.v1', 'render.v1']),
  })
})

test('a worker claims, intends and renews over HTTP; a stale key is a 409 that says why, an unknown one a 404', async () => {
  const { workspace } = testing
  const { pool, queue } = await insertPool(workspace)
  const id = await insertRun(workspace, await insertFlow(workspace), { work_queue_id: queue.id }, { type: 'SCHEDULED' })
  const key = randomUUID()
  const state = { type: 'PENDING', state_details: { transition_id: key } }
  const headers = { 'x-aedile-attempt': key.toUpperCase(), 'x-prefect-worker-name': 'w' }
  expect((await post(`/flow_runs/${id}/set_state`, { state }, headers)).body.status).toBe('ACCEPT')
  const worker = { worker_name: 'w' }
  const handle = { target: 'host-1', name: 'n' }
  expect(await post(`/aedile/attempts/${key}/intend`, { ...worker, handle })).toMatchObject({
    status: 200,
    body: { phase: 'intended', handle, work_pool_name: pool.name, worker_name: 'w' },
  })
  const lease = await post(`/aedile/work_pools/${pool.name}/lease`, { ...worker, targets: [], attempts: [key, id] })
  expect(lease.body).toEqual({ held: [key], lost: [id], cancelling: [], unattended: [] })
  const refused = await post(`/aedile/attempts/${key}/record`, { worker_name: 'other', handle })
  expect(refused).toMatchObject({ status: 409, body: { detail: `attempt ${key} is attended by w, not by other` } })
  expect((await post(`/aedile/attempts/${id}/intend`, { ...worker, handle })).status).toBe(404)
  const open = await app.inject({ method: 'GET', url: `/api/aedile/attempts?worker_name=w&work_pool_name=${pool.name}` })
  expect(open.json()).toMatchObject([{ key, phase: 'intended' }])
})

test('lines of output and their cursor are stored together, and once, however often the message comes', async () => {
  const { workspace } = testing
  const { queue } = await insertPool(workspace)
  const id = await insertRun(workspace, await insertFlow(workspace), { work_queue_id: queue.id }, { type: 'SCHEDULED' })
  const key = randomUUID()
  const state = { type: 'PENDING', state_details: { transition_id: key } }
  await post(`/flow_runs/${id}/set_state`, { state }, { 'x-aedile-attempt': key, 'x-prefect-worker-name': 'w' })
  const worker = { worker_name: 'w' }
  await post(`/aedile/attempts/${key}/intend`, { ...worker, handle: { target: 'host-1', name: 'n' } })
  const line = (message: string) => ({ name: 'out', level: 20, message, timestamp: '2026-01-01T00:00:00Z', flow_run_id: id })
  const first = { ...worker, log_cursor: '10:0', lines: [line('one'), line('two')] }
  // The last one comes late, from a worker that was killed before the others were sent.
  const late = { ...worker, after: null, log_cursor: '10:0', lines: [line('one'), line('two')] }
  for (const body of [first, first, { ...worker, after: '10:0', log_cursor: '16:0', lines: [line('three')] }, late]) {
    expect((await post(`/aedile/attempts/${key}/advance`, body)).status).toBe(200)
  }
  const logs = await post('/logs/filter', { logs: { flow_run_id: { any_: [id] } } })
  expect(logs.body.map((log: { message: string }) => log.message)).toEqual(['one', 'two', 'three'])
  const open = await app.inject({ method: 'GET', url: '/api/aedile/attempts?worker_name=w' })
  expect(open.json()).toMatchObject([{ key, log_cursor: '16:0' }])
})
