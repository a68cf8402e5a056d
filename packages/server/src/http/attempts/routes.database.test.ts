import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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

/** One message of a worker, and its answer. */
async function say(message: object, worker_name = 'w') {
  const { status, body } = await post('/aedile/attempts', { worker_name, messages: [message] })
  expect(status).toBe(200)
  return body[0]
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
  expect(await say({ step: 'intend', attempt: key, handle })).toMatchObject({
    attempt: { phase: 'intended', handle, work_pool_name: pool.name, worker_name: 'w' },
  })
  const lease = await post(`/aedile/work_pools/${pool.name}/lease`, { ...worker, targets: [], attempts: [key, id] })
  expect(lease.body).toEqual({ held: [key], lost: [id], cancelling: [], unattended: [] })
  const refused = await say({ step: 'record', attempt: key, handle }, 'other')
  expect(refused).toEqual({ status: 409, detail: `attempt ${key} is attended by w, not by other` })
  expect(await say({ step: 'intend', attempt: id, handle })).toMatchObject({ status: 404 })
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
  await say({ step: 'intend', attempt: key, handle: { target: 'host-1', name: 'n' } })
  const line = (message: string) => ({ name: 'out', level: 20, message, timestamp: '2026-01-01T00:00:00Z', flow_run_id: id })
  const first = { log_cursor: '10:0', lines: [line('one'), line('two')] }
  // The last one comes late, from a worker that was killed before the others were sent.
  const late = { after: null, log_cursor: '10:0', lines: [line('one'), line('two')] }
  for (const body of [first, first, { after: '10:0', log_cursor: '16:0', lines: [line('three')] }, late]) {
    expect(await say({ step: 'advance', attempt: key, ...body })).toHaveProperty('attempt')
  }
  const logs = await post('/logs/filter', { logs: { flow_run_id: { any_: [id] } } })
  expect(logs.body.map((log: { message: string }) => log.message)).toEqual(['one', 'two', 'three'])
  const open = await app.inject({ method: 'GET', url: '/api/aedile/attempts?worker_name=w' })
  expect(open.json()).toMatchObject([{ key, log_cursor: '16:0' }])
})

describe('a worker that claims many runs', () => {
  async function schedule(count: number) {
    const { workspace } = testing
    const { pool, queue } = await insertPool(workspace)
    const flowId = await insertFlow(workspace)
    const make = () => insertRun(workspace, flowId, { work_queue_id: queue.id }, { type: 'SCHEDULED' })
    return { pool, ids: await Promise.all(Array.from({ length: count }, make)) }
  }

  test('gets in one answer which are its own, with what is needed to render them', async () => {
    const { pool, ids } = await schedule(3)
    const claims = ids.map((id) => ({ flow_run_id: id, attempt: randomUUID() }))
    await post(`/aedile/work_pools/${pool.name}/claims`, {
      worker_name: 'other',
      claims: [{ ...claims[0], attempt: randomUUID() }],
    })
    const missing = { flow_run_id: randomUUID(), attempt: randomUUID() }
    const claim = () => post(`/aedile/work_pools/${pool.name}/claims`, { worker_name: 'w', claims: [...claims, missing] })
    const { body } = await claim()
    expect(body.claims.map(({ refusal }: { refusal: string | null }) => refusal === null)).toEqual([false, true, true, false])
    expect(body.flow_runs.map(({ id }: { id: string }) => id).sort()).toEqual(ids.slice(1).sort())
    expect(body.flows).toHaveLength(1)
    // The same again gets the same: the answer may have been lost.
    expect((await claim()).body.claims).toEqual(body.claims)
    expect((await post('/aedile/work_pools/none/claims', { worker_name: 'w', claims })).status).toBe(404)
  })

  test('takes each through its life with three messages, each of which also moves the run', async () => {
    const { pool, ids } = await schedule(2)
    const claims = ids.map((id) => ({ flow_run_id: id, attempt: randomUUID() }))
    await post(`/aedile/work_pools/${pool.name}/claims`, { worker_name: 'w', claims })
    const handle = { target: 'host-1', name: 'n' }
    const labels = { 'prefect.worker.name': 'w' }
    const sayAll = async (message: object) => {
      const messages = claims.map(({ attempt }) => ({ attempt, ...message }))
      const phases = []
      // A repeated message is as good as one.
      for (let times = 0; times < 2; times++) {
        const { body } = await post('/aedile/attempts', { worker_name: 'w', messages })
        phases.push(...body.map(({ attempt }: { attempt: { phase: string } }) => attempt.phase))
      }
      return new Set(phases)
    }
    const readRun = async (id: string) => (await app.inject({ url: `/api/flow_runs/${id}` })).json()
    const states = async (id: string) => {
      const found = await app.inject({ url: `/api/flow_run_states/?flow_run_id=${id}` })
      return found.json().map(({ name }: { name: string }) => name)
    }
    expect(await sayAll({ step: 'intend', handle, labels })).toEqual(new Set(['intended']))
    expect(await readRun(ids[0]!)).toMatchObject({ state_name: 'Submitting', labels })
    expect(await sayAll({ step: 'record', handle, infrastructure_pid: '42', is_running: true })).toEqual(new Set(['started']))
    expect(await readRun(ids[1]!)).toMatchObject({ state_name: 'Running', infrastructure_pid: '42' })
    const conclusions = [
      { from: ['COMPLETED', 'CRASHED'], state: null },
      { from: ['PENDING', 'RUNNING'], state: { type: 'COMPLETED', name: 'Completed' } },
    ]
    expect(await sayAll({ step: 'end', outcome: { kind: 'completed' }, conclusions })).toEqual(new Set(['reported']))
    for (const id of ids) expect(await states(id)).toEqual(['Scheduled', 'Pending', 'Submitting', 'Running', 'Completed'])
  })

  test('looks at a run that is in a state which no conclusion is for', async () => {
    const { pool, ids } = await schedule(1)
    const attempt = randomUUID()
    await post(`/aedile/work_pools/${pool.name}/claims`, { worker_name: 'w', claims: [{ flow_run_id: ids[0], attempt }] })
    await say({ step: 'intend', attempt, handle: { target: 'host-1', name: 'n' } })
    await post(`/flow_runs/${ids[0]}/set_state`, { state: { type: 'CANCELLING' } })
    const conclusions = [{ from: ['PENDING', 'RUNNING'], state: { type: 'COMPLETED' } }]
    const answer = await say({ step: 'end', attempt, outcome: { kind: 'stopped' }, conclusions })
    expect(answer).toMatchObject({ attempt: { phase: 'ended' }, proposal: null })
  })
})
