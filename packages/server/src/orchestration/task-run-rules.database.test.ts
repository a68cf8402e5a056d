import { randomUUID } from 'node:crypto'
import { taskRunCreate } from '@aedile/core/resources/task-run'
import { nowMicroseconds } from '@aedile/core/time'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTaskRun } from '../http/task-runs/create-task-run.ts'
import { GENUINE, insertFlow, insertRun, propose } from '../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { buildState, type StateDraft } from './run-state.ts'
import { setTaskRunState } from './set-task-run-state.ts'

let testing: TestWorkspace
let flowRunId: string
beforeAll(async () => {
  testing = await openTestWorkspace()
  flowRunId = await insertRun(testing.workspace, await insertFlow(testing.workspace), {}, { type: 'RUNNING' })
})
afterAll(() => testing.close())

async function insertTask(fields: object = {}, first: StateDraft = { type: 'PENDING' }): Promise<string> {
  const body = taskRunCreate.parse({ flow_run_id: flowRunId, task_key: 't', dynamic_key: randomUUID(), ...fields })
  return (await testing.workspace.store.write((t) => createTaskRun(t, body, buildState(first), GENUINE))).id
}

async function set(taskRunId: string, draft: StateDraft, force = false) {
  const { result } = await setTaskRunState(testing.workspace, { taskRunId, proposed: buildState(draft), force, client: GENUINE })
  return { ...result, reason: 'reason' in result.details ? result.details.reason : null }
}

async function insertLimit(tag: string, limit: number): Promise<string> {
  const now = nowMicroseconds()
  const id = randomUUID()
  const row = {
    id,
    created: now,
    updated: now,
    active: 1 as const,
    name: `tag:${tag}`,
    limit,
    active_slots: 0,
    denied_slots: 0,
    slot_decay_per_second: 0,
    avg_slot_occupancy_seconds: 2,
  }
  await testing.workspace.store.write(({ db }) => db.insertInto('concurrency_limit').values(row).execute())
  return id
}

test('a task with a cached result does not run', async () => {
  const cache_key = randomUUID()
  const data = { type: 'reference', storage_key: 'x' }
  const first = await insertTask({}, { type: 'RUNNING' })
  await set(first, { type: 'COMPLETED', data, details: { cache_key } })
  const second = await insertTask()
  expect(await set(second, { type: 'RUNNING', details: { cache_key } })).toMatchObject({
    status: 'REJECT',
    reason: 'Retrieved state from cache',
    state: { type: 'COMPLETED', name: 'Cached', data, state_details: { task_run_id: second } },
  })
  const refreshed = await set(await insertTask(), { type: 'RUNNING', details: { cache_key, refresh_cache: true } })
  expect(refreshed.status).toBe('ACCEPT')
})

test('a cache key that is too long is refused, and the state is written', async () => {
  const id = await insertTask({}, { type: 'RUNNING' })
  const answer = await set(id, { type: 'COMPLETED', details: { cache_key: 'x'.repeat(2001) } })
  expect(answer).toMatchObject({ status: 'REJECT', state: { type: 'COMPLETED' } })
})

test('a final task run is not cancelled, paused or crashed, and one with a result not run again', async () => {
  const failed = await insertTask({}, { type: 'FAILED' })
  expect(await set(failed, { type: 'CRASHED' })).toMatchObject({ status: 'ABORT', reason: 'Run is already FAILED.' })
  const done = await insertTask({}, { type: 'COMPLETED', data: { type: 'reference' } })
  expect(await set(done, { type: 'RUNNING' })).toMatchObject({ status: 'REJECT', reason: 'This run is already completed.' })
})

test('a task waits while its flow is paused', async () => {
  const { workspace } = testing
  const pausedFlow = await insertRun(workspace, await insertFlow(workspace), {}, { type: 'RUNNING' })
  await propose(workspace, pausedFlow, 'PAUSED')
  const id = await insertTask({ flow_run_id: pausedFlow })
  expect(await set(id, { type: 'RUNNING' })).toMatchObject({
    status: 'REJECT',
    state: { type: 'PAUSED', name: 'NotReady' },
    reason: `The flow is paused, new tasks can execute after resuming flow run: ${pausedFlow}.`,
  })
})

test('a task takes a slot of each of its tags, waits when there is none, and gives it back', async () => {
  const [a, b] = [randomUUID(), randomUUID()]
  await insertLimit(a, 2)
  await insertLimit(b, 1)
  const first = await insertTask({ tags: [a, b] })
  const second = await insertTask({ tags: [b] })
  expect((await set(first, { type: 'RUNNING' })).status).toBe('ACCEPT')
  expect(await set(second, { type: 'RUNNING' })).toMatchObject({
    status: 'WAIT',
    reason: `Concurrency limit reached for tags: ${b}`,
  })
  await set(first, { type: 'COMPLETED' })
  expect((await set(second, { type: 'RUNNING' })).status).toBe('ACCEPT')
})

test('a tag whose limit is 0 aborts', async () => {
  const tag = randomUUID()
  await insertLimit(tag, 0)
  expect(await set(await insertTask({ tags: [tag] }), { type: 'RUNNING' })).toMatchObject({
    status: 'ABORT',
    reason: `The concurrency limit on tag "${tag}" is 0 and will deadlock if the task tries to run again.`,
  })
})

test('a failed task is tried again while it has retries, unless it is not retriable', async () => {
  const policy = { retries: 1, retry_delay: [60] }
  const id = await insertTask({ empirical_policy: policy })
  await set(id, { type: 'RUNNING' })
  const retry = await set(id, { type: 'FAILED', message: 'boom' })
  expect(retry).toMatchObject({ status: 'REJECT', reason: 'Retrying', state: { name: 'AwaitingRetry', message: 'boom' } })
  expect(await set(id, { type: 'RUNNING' })).toMatchObject({ status: 'WAIT' })
  const other = await insertTask({ empirical_policy: policy })
  await set(other, { type: 'RUNNING' })
  expect((await set(other, { type: 'FAILED', details: { retriable: false } })).status).toBe('ACCEPT')
})

test('of two task workers that take a background task one gets it, forced or not', async () => {
  const id = await insertTask(
    { flow_run_id: null },
    { type: 'SCHEDULED', details: { deferred: true, task_parameters_id: flowRunId } },
  )
  const take = (force: boolean) => set(id, { type: 'PENDING', details: { deferred: true } }, force)
  const answers = await Promise.all([take(false), take(true)])
  expect(answers.map((answer) => answer.status).sort()).toEqual(['ABORT', 'ACCEPT'])
  const taken = answers.find((answer) => answer.status === 'ACCEPT')
  expect(taken?.state?.state_details.task_parameters_id).toBe(flowRunId)
})
