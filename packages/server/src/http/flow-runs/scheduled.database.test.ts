import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildQueue, insertDeployment, insertFlow, insertPool, insertRun } from '../../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import { answerDeploymentPoll, answerWorkPoolPoll } from './scheduled.ts'

let testing: TestWorkspace
let flowId: string
beforeEach(async () => {
  testing = await openTestWorkspace()
  flowId = await insertFlow(testing.workspace)
})
afterEach(() => testing.close())

const at = (seconds: number) => formatTimestamp(nowMicroseconds() + seconds * 1_000_000)

async function addQueue(poolId: string, columns: { name: string; priority: number; limit?: number }) {
  const queue = buildQueue(poolId, columns)
  await testing.workspace.store.write(({ db }) => db.insertInto('work_queue').values(queue).execute())
  return queue
}

const schedule = (queueId: string, seconds: number) =>
  insertRun(
    testing.workspace,
    flowId,
    { work_queue_id: queueId },
    { type: 'SCHEDULED', details: { scheduled_time: at(seconds) } },
  )
const busy = (queueId: string) =>
  insertRun(testing.workspace, flowId, { work_queue_id: queueId }, { type: 'PENDING' }, { type: 'RUNNING' })

const poll = async (pool: string, body: Parameters<typeof answerWorkPoolPoll>[2] = {}) =>
  (await answerWorkPoolPoll(testing.workspace, pool, body)).map((answer) => answer.flow_run.id)

test('due runs come by priority of their queue, then by time; a poll claims none', async () => {
  const { pool, queue } = await insertPool(testing.workspace)
  const urgent = await addQueue(pool.id, { name: 'urgent', priority: 0 })
  const late = await schedule(queue.id, -20)
  const first = await schedule(urgent.id, -5)
  const second = await schedule(urgent.id, -1)
  await schedule(urgent.id, 3600)
  const body = { scheduled_before: at(0) }
  expect(await poll(pool.name, body)).toEqual([first, second, late])
  expect(await poll(pool.name, body)).toEqual([first, second, late])
  expect(await poll(pool.name, { ...body, limit: 2 })).toEqual([first, second])
  expect(await poll(pool.name, { ...body, work_queue_names: ['default'] })).toEqual([late])
})

test('a run shown to a worker carries its queue and no state', async () => {
  const { pool, queue } = await insertPool(testing.workspace)
  await schedule(queue.id, -1)
  const [answer] = await answerWorkPoolPoll(testing.workspace, pool.name, {})
  expect(answer).toMatchObject({
    work_pool_id: pool.id,
    work_queue_id: queue.id,
    flow_run: { state: null, state_type: 'SCHEDULED', job_variables: {}, deployment_id: null },
  })
})

test('queue and pool show no more than their limits leave', async () => {
  const { pool, queue } = await insertPool(testing.workspace, { limit: 3 })
  const narrow = await addQueue(pool.id, { name: 'narrow', priority: 0, limit: 2 })
  await busy(narrow.id)
  const inNarrow = [await schedule(narrow.id, -10), await schedule(narrow.id, -9)]
  const inDefault = [await schedule(queue.id, -8), await schedule(queue.id, -7)]
  expect(await poll(pool.name)).toEqual([inNarrow[0], inDefault[0]])
  await busy(queue.id)
  await busy(queue.id)
  expect(await poll(pool.name)).toEqual([])
})

test('paused pools and queues show nothing, and a retry in its process is hidden', async () => {
  const { store } = testing.workspace
  const { pool, queue } = await insertPool(testing.workspace)
  const id = await schedule(queue.id, -1)
  await store.write(({ db }) => db.updateTable('flow_run').set({ retry_type: 'in_process' }).where('id', '=', id).execute())
  expect(await poll(pool.name)).toEqual([])
  await store.write(({ db }) => db.updateTable('flow_run').set({ retry_type: 'reschedule' }).where('id', '=', id).execute())
  expect(await poll(pool.name)).toEqual([id])
  await store.write(({ db }) => db.updateTable('work_queue').set({ is_paused: 1 }).where('id', '=', queue.id).execute())
  expect(await poll(pool.name)).toEqual([])
})

test('unknown pools and queues are 404', async () => {
  const { pool } = await insertPool(testing.workspace)
  await expect(poll('nowhere')).rejects.toMatchObject({ status: 404 })
  await expect(poll(pool.name, { work_queue_names: ['nowhere'] })).rejects.toMatchObject({ status: 404 })
})

test('a poll makes the queues and their deployments ready, once', async () => {
  const { workspace } = testing
  const { pool, queue } = await insertPool(workspace)
  const { id } = await insertDeployment(workspace, flowId, { queueId: queue.id })
  const written = new Promise<void>((resolve) => workspace.changes.once('outbox', resolve))
  await poll(pool.name)
  await written
  const { db } = workspace.store
  expect(await db.selectFrom('work_queue').select('status').where('id', '=', queue.id).execute()).toEqual([{ status: 'READY' }])
  expect(await db.selectFrom('deployment').select('status').where('id', '=', id).execute()).toEqual([{ status: 'READY' }])
  const outbox = await db.selectFrom('outbox').select(['kind', 'payload']).orderBy('sequence').execute()
  expect(outbox.map((row) => [row.kind, JSON.parse(row.payload).event])).toEqual([
    ['event', 'prefect.work-queue.ready'],
    ['event', 'prefect.deployment.ready'],
  ])
})

test('a runner that serves deployments gets their due runs with states', async () => {
  const { workspace } = testing
  const { id: deployment_id } = await insertDeployment(workspace, flowId)
  const run = (seconds: number) =>
    insertRun(workspace, flowId, { deployment_id }, { type: 'SCHEDULED', details: { scheduled_time: at(seconds) } })
  const second = await run(-1)
  const first = await run(-2)
  await run(3600)
  const runs = await answerDeploymentPoll(workspace, { deployment_ids: [deployment_id], scheduled_before: at(0) })
  expect(runs.map((answer) => [answer.id, answer.state?.type])).toEqual([
    [first, 'SCHEDULED'],
    [second, 'SCHEDULED'],
  ])
})
