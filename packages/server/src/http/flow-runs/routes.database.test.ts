import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { insertDeployment, insertFlow, insertPool, insertRun } from '../../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import { buildHttp } from '../build.ts'

let testing: TestWorkspace
let app: FastifyInstance
let flowId: string
beforeEach(async () => {
  testing = await openTestWorkspace()
  app = buildHttp(testing.workspace)
  flowId = await insertFlow(testing.workspace, 'weather')
})
afterEach(async () => {
  await app.close()
  await testing.close()
})

async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown, headers = {}) {
  const answer = await app.inject({
    method,
    url: `/api${path}`,
    headers,
    ...(body === undefined ? {} : { payload: body as object }),
  })
  const isJson = String(answer.headers['content-type']).includes('json')
  return { status: answer.statusCode, body: isJson ? answer.json() : answer.body, headers: answer.headers }
}

const create = async (body: object = {}) => (await call('POST', '/flow_runs/', { flow_id: flowId, ...body })).body
const setState = (id: string, state: object, force = false) => call('POST', `/flow_runs/${id}/set_state`, { state, force })

test('a run is made Pending with the labels of its flow, and with an idempotency key only once', async () => {
  const first = await call('POST', '/flow_runs/', { flow_id: flowId, idempotency_key: 'k', name: '', tags: ['b', 'a'] })
  expect(first.status).toBe(201)
  expect(first.body).toMatchObject({
    state: { type: 'PENDING', name: 'Pending' },
    tags: ['b', 'a'],
    labels: { 'prefect.flow.id': flowId },
    run_count: 0,
    work_pool_name: null,
    job_variables: {},
  })
  expect(first.body.name).toMatch(/^[a-z]+-[a-z]+$/)
  const again = await call('POST', '/flow_runs/', { flow_id: flowId, idempotency_key: 'k', state: { type: 'RUNNING' } })
  expect(again.status).toBe(200)
  expect(again.body).toMatchObject({ id: first.body.id, state: { type: 'PENDING' } })
})

test('a run in a pool shows the queue and the pool', async () => {
  const { pool, queue } = await insertPool(testing.workspace)
  const run = await create({ work_pool_name: pool.name, job_variables: { b: 1, a: 2 } })
  expect(run).toMatchObject({
    work_queue_id: queue.id,
    work_queue_name: 'default',
    work_pool_id: pool.id,
    work_pool_name: pool.name,
  })
  expect(Object.keys(run.job_variables)).toEqual(['b', 'a'])
  expect(await call('POST', '/flow_runs/', { flow_id: flowId, work_pool_name: 'nowhere' })).toMatchObject({
    status: 404,
    body: { detail: 'Work pool "nowhere" not found.' },
  })
})

test('a state that was written answers 201, one that holds 200, a missing run in words of its own', async () => {
  const { id } = await create()
  const running = await setState(id, { type: 'RUNNING' })
  expect(running).toMatchObject({
    status: 201,
    body: { status: 'ACCEPT', state: { type: 'RUNNING' }, details: { type: 'accept_details' } },
  })
  expect(await setState(id, { type: 'PENDING' })).toMatchObject({
    status: 200,
    body: { status: 'ABORT', state: { id: running.body.state.id }, details: { type: 'abort_details' } },
  })
  const missing = randomUUID()
  expect(await setState(missing, { type: 'RUNNING' })).toMatchObject({
    status: 404,
    body: { exception_message: `Flow run with id ${missing} not found` },
  })
  expect((await setState(id, { type: 'RUNNING', id: missing })).status).toBe(422)
})

test('a run is read, changed, labelled and deleted', async () => {
  const { id } = await create()
  expect((await call('PATCH', `/flow_runs/${id}`, { name: 'renamed', infrastructure_pid: '7' })).status).toBe(204)
  expect((await call('PATCH', `/flow_runs/${id}/labels`, { a: 1 })).status).toBe(204)
  expect((await call('GET', `/flow_runs/${id}`)).body).toMatchObject({
    name: 'renamed',
    infrastructure_pid: '7',
    labels: { 'prefect.flow.id': flowId, a: 1 },
  })
  expect(await call('PATCH', `/flow_runs/${id}`, { job_variables: {} })).toMatchObject({
    status: 400,
    body: { detail: 'Job variables for a flow run in state PENDING cannot be updated' },
  })
  expect((await call('DELETE', `/flow_runs/${id}`)).status).toBe(204)
  expect((await call('PATCH', `/flow_runs/${id}/labels`, {})).body.exception_message).toBe(`Flow run with id ${id} not found`)
  for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', {}]] as const) {
    expect(await call(method, `/flow_runs/${id}`, body)).toMatchObject({ status: 404, body: { detail: 'Flow run not found' } })
  }
})

test('deleting a run gives its slot back', async () => {
  const { workspace } = testing
  const { id: deployment_id, limitId } = await insertDeployment(workspace, flowId, { limit: 1 })
  const id = await insertRun(workspace, flowId, { deployment_id }, { type: 'SCHEDULED' })
  await setState(id, { type: 'PENDING' })
  const slots = () =>
    workspace.store.db.selectFrom('concurrency_limit').select('active_slots').where('id', '=', limitId!).execute()
  expect(await slots()).toEqual([{ active_slots: 1 }])
  await call('DELETE', `/flow_runs/${id}`)
  expect(await slots()).toEqual([{ active_slots: 0 }])
})

test('runs are searched, counted and paged', async () => {
  const names = ['a', 'b', 'c']
  for (const name of names) await create({ name })
  const named = (rows: { name: string }[]) => rows.map((row) => row.name)
  expect(named((await call('POST', '/flow_runs/filter', { sort: 'NAME_ASC', limit: 2, work_pools: null })).body)).toEqual([
    'a',
    'b',
  ])
  expect((await call('POST', '/flow_runs/count', {})).body).toBe(3)
  expect((await call('POST', '/flow_runs/count', { flows: { name: { any_: ['other'] } } })).body).toBe(0)
  const page = await call('POST', '/flow_runs/paginate', { sort: 'NAME_DESC', limit: 2, page: 2 })
  expect(page.body).toMatchObject({ count: 3, pages: 2, page: 2, limit: 2 })
  expect(named(page.body.results)).toEqual(['a'])
  expect((await call('POST', '/flow_runs/filter', { limit: 201 })).status).toBe(422)
})

test('a history counts runs by the time that they were expected', async () => {
  const at = (minute: number) => `2025-01-01T00:${String(minute).padStart(2, '0')}:00Z`
  for (const minute of [0, 1, 1]) await create({ state: { type: 'SCHEDULED', state_details: { scheduled_time: at(minute) } } })
  const body = { history_start: at(0), history_end: at(3), history_interval_seconds: 60 }
  const history = await call('POST', '/flow_runs/history', body)
  expect(history.body.map((bar: { interval_start: string }) => bar.interval_start)).toEqual([at(0), at(1), at(2)])
  expect(history.body.map((bar: { states: { count_runs: number }[] }) => bar.states.map((state) => state.count_runs))).toEqual([
    [1],
    [2],
    [],
  ])
  expect(history.body[1].states[0]).toMatchObject({ state_type: 'SCHEDULED', state_name: 'Scheduled' })
  expect((await call('POST', '/flow_runs/lateness', {})).body).toBeGreaterThan(0)
  expect((await call('POST', '/flow_runs/history', { ...body, history_interval_seconds: 0.5 })).status).toBe(422)
})

test('a paused run is resumed, with its input when it waits for one', async () => {
  const { id } = await create()
  expect((await call('POST', `/flow_runs/${id}/resume`, {})).body).toMatchObject({
    state: null,
    status: 'ABORT',
    details: { type: 'abort_details', reason: 'Cannot resume a flow run that is not paused.' },
  })
  await setState(id, { type: 'RUNNING' })
  const run_input_keyset = { description: 'd', response: 'answer', schema: 'schema' }
  await setState(id, { type: 'PAUSED', state_details: { run_input_keyset } })
  expect((await call('POST', `/flow_runs/${id}/resume`, {})).body.details.reason).toBe('Run input schema not found.')
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
  expect((await call('POST', `/flow_runs/${id}/input`, { key: 'schema', value: JSON.stringify(schema) })).status).toBe(201)
  const refused = await call('POST', `/flow_runs/${id}/resume`, { run_input: { n: 'x' } })
  expect(refused).toMatchObject({
    status: 200,
    body: { status: 'REJECT', state: { type: 'PAUSED' }, details: { type: 'abort_details' } },
  })
  const resumed = await call('POST', `/flow_runs/${id}/resume`, { run_input: { n: 3 } })
  expect(resumed).toMatchObject({ status: 201, body: { status: 'ACCEPT', state: { type: 'RUNNING' } } })
  expect((await call('GET', `/flow_runs/${id}/input/answer`)).body).toBe('{"n":3}')
})

test('inputs are stored once, found by prefix and deleted', async () => {
  const { id } = await create()
  for (const key of ['in-1', 'in-2', 'other']) await call('POST', `/flow_runs/${id}/input`, { key, value: `value of ${key}` })
  expect(await call('POST', `/flow_runs/${id}/input`, { key: 'in-1', value: 'x' })).toMatchObject({
    status: 409,
    body: { detail: 'A flow run input with this key already exists.' },
  })
  const found = await call('POST', `/flow_runs/${id}/input/filter`, { prefix: 'in-', limit: 5, exclude_keys: ['in-2'] })
  expect(found.body.map((input: { key: string }) => input.key)).toEqual(['in-1'])
  expect((await call('DELETE', `/flow_runs/${id}/input/in-1`)).status).toBe(204)
  expect((await call('GET', `/flow_runs/${id}/input/in-1`)).status).toBe(404)
  expect((await call('POST', `/flow_runs/${randomUUID()}/input`, { key: 'k', value: 'v' })).status).toBe(404)
})

test('the graph shows tasks and subflows with what they pass on', async () => {
  const { id } = await create({ state: { type: 'RUNNING' } })
  const task = async (key: string, task_inputs: object) => {
    const body = { flow_run_id: id, task_key: key, dynamic_key: '0', name: key, task_inputs, state: { type: 'RUNNING' } }
    return (await call('POST', '/task_runs/', body)).body.id as string
  }
  const first = await task('first', {})
  const parent = await task('sub', { x: [{ input_type: 'task_run', id: first }] })
  const subflow = await create({ parent_task_run_id: parent, name: 'inner', state: { type: 'RUNNING' } })
  const { body } = await call('GET', `/flow_runs/${id}/graph-v2`)
  expect(body.root_node_ids).toEqual([first])
  const nodes = Object.fromEntries(body.nodes)
  expect(nodes[first]).toMatchObject({ kind: 'task-run', label: 'first', children: [{ id: subflow.id }], parents: [] })
  expect(nodes[subflow.id]).toMatchObject({ kind: 'flow-run', label: 'weather / inner', parents: [{ id: first }] })
  expect(body.states.map((state: { name: string }) => state.name)).toEqual(['Running'])
  const dependencies = await call('GET', `/flow_runs/${id}/graph`)
  const found = dependencies.body.find((task: { id: string }) => task.id === parent)
  expect(found.upstream_dependencies).toEqual([{ input_type: 'task_run', id: first }])
})

test("a subflow's state is its parent task run's state", async () => {
  const { id } = await create({ state: { type: 'RUNNING' } })
  const task = (await call('POST', '/task_runs/', { flow_run_id: id, task_key: 'sub', dynamic_key: '0' })).body
  const subflow = await create({ parent_task_run_id: task.id })
  await setState(subflow.id, { type: 'RUNNING' })
  const parent = (await call('GET', `/task_runs/${task.id}`)).body
  expect(parent).toMatchObject({
    state: { type: 'RUNNING', state_details: { child_flow_run_id: subflow.id, task_run_id: task.id } },
  })
  const states = await call('GET', `/flow_run_states/?flow_run_id=${subflow.id}`)
  expect(states.body.map((state: { state_details: object }) => state.state_details)).toMatchObject([
    { task_run_id: task.id },
    { task_run_id: task.id },
  ])
})

test('many runs at once are deleted, or get a state', async () => {
  const ids = [(await create()).id, (await create()).id]
  const flow_runs = { id: { any_: ids } }
  const set = await call('POST', '/flow_runs/bulk_set_state', { flow_runs, state: { type: 'RUNNING' } })
  expect(set.body.results.map((result: { status: string }) => result.status)).toEqual(['ACCEPT', 'ACCEPT'])
  const deleted = await call('POST', '/flow_runs/bulk_delete', { flow_runs })
  expect(deleted.body.deleted.sort()).toEqual(ids.sort())
  expect((await call('POST', '/flow_runs/bulk_delete', { limit: 51 })).status).toBe(422)
})

test('a log is downloaded as CSV', async () => {
  const { id } = await create({ name: 'my run' })
  const answer = await call('GET', `/flow_runs/${id}/logs/download`)
  expect(answer.body).toBe('timestamp,level,flow_run_id,task_run_id,message\r\n')
  expect(answer.headers['content-disposition']).toBe(
    `attachment; filename="flow-run-logs.csv"; filename*=UTF-8''my%20run-logs.csv`,
  )
})

test('a task run is made once per key, and its states pass the rules of tasks', async () => {
  const { id } = await create({ state: { type: 'RUNNING' } })
  const body = { flow_run_id: id, task_key: 'load', dynamic_key: '1', name: 'load-1', empirical_policy: { retries: 1 } }
  const made = await call('POST', '/task_runs/', body)
  expect(made).toMatchObject({ status: 201, body: { labels: { 'prefect.flow-run.id': id }, state: { type: 'PENDING' } } })
  expect(await call('POST', '/task_runs/', body)).toMatchObject({ status: 200, body: { id: made.body.id } })
  const set = (state: object) => call('POST', `/task_runs/${made.body.id}/set_state`, { state })
  expect((await set({ type: 'RUNNING' })).body.status).toBe('ACCEPT')
  expect((await set({ type: 'FAILED' })).body).toMatchObject({ status: 'REJECT', state: { name: 'AwaitingRetry' } })
  expect((await set({ type: 'RUNNING' })).body).toMatchObject({ status: 'ACCEPT', state: { name: 'Retrying' } })
  expect((await set({ type: 'FAILED' })).body).toMatchObject({ status: 'ACCEPT', state: { type: 'FAILED' } })
  await setState(id, { type: 'COMPLETED' })
  expect((await set({ type: 'RUNNING' })).body.details.reason).toBe('The enclosing flow must be running to begin task execution.')
})
