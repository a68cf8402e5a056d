import { randomUUID } from 'node:crypto'
import { receivedEvent } from '@aedile/core/resources/event'
import { parseTimestamp } from '@aedile/core/time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TaskRunRecorder } from '../../services/task-run-recorder.ts'
import { flowRow, flowRunRow, taskRunRow, testId } from '../../store/queries/testing/rows.ts'
import { taskRunEvent } from '../../store/queries/testing/task-run-events.ts'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import { ingestEvents } from './ingest-events.ts'

const flowRunId = testId(2)
const taskRunId = testId(3)
const at = (second: number) => `2025-01-01T00:00:${String(second).padStart(2, '0')}Z`
const pending = taskRunEvent({ taskRunId, flowRunId, occurred: at(1), type: 'PENDING' })
const running = taskRunEvent({
  taskRunId,
  flowRunId,
  occurred: at(2),
  type: 'RUNNING',
  taskRun: { run_count: 1, start_time: at(2), total_run_time: 0.5 },
})
const completed = taskRunEvent({
  taskRunId,
  flowRunId,
  occurred: at(3),
  type: 'COMPLETED',
  message: 'done',
  taskRun: { run_count: 1, end_time: at(3) },
})

let test: TestWorkspace
beforeEach(async () => {
  test = await openTestWorkspace()
  await test.workspace.store.write(async ({ db }) => {
    await db.insertInto('flow').values(flowRow(1)).execute()
    await db
      .insertInto('flow_run')
      .values(flowRunRow(2, { flow_id: testId(1) }))
      .execute()
  })
})
afterEach(() => test.close())

const db = () => test.workspace.store.db
const ingest = (...events: ReturnType<typeof taskRunEvent>[]) => ingestEvents(test.workspace, events, 100)
const readTaskRuns = () => db().selectFrom('task_run').selectAll().orderBy('id').execute()
const readStates = () => db().selectFrom('task_run_state').selectAll().orderBy('timestamp').execute()
const count = async (table: 'event' | 'event_resource' | 'outbox') =>
  Number(
    (
      await db()
        .selectFrom(table)
        .select((eb) => eb.fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
    ).count,
  )

describe('events', () => {
  it('are stored once, also when they are sent again or twice in one batch', async () => {
    const streamed: string[] = []
    test.workspace.changes.on('events', (events) => streamed.push(...events.map(({ id }) => id)))
    await ingest(pending, running, pending)
    await ingest(running, completed)
    expect(await count('event')).toBe(3)
    expect(await count('event_resource')).toBe(6)
    expect(streamed).toEqual([pending.id, running.id, completed.id])
  })

  it('tell that the child of their flow run lives, unless a worker sent them', async () => {
    const about = (resource: string) =>
      receivedEvent.parse({
        id: randomUUID(),
        occurred: at(1),
        received: at(1),
        event: 'x',
        resource: { 'prefect.resource.id': resource },
        related: [{ 'prefect.resource.id': `prefect.flow-run.${flowRunId}`, 'prefect.resource.role': 'flow-run' }],
      })
    const heard = async () =>
      (await db().selectFrom('flow_run').select('child_heard_at').executeTakeFirstOrThrow()).child_heard_at
    await ingest(about('prefect.worker.process.w'))
    expect(await heard()).toBeNull()
    await ingest(about(`prefect.flow-run.${flowRunId}`))
    const first = await heard()
    expect(Math.abs(first! / 1000 - Date.now())).toBeLessThan(60_000)
  })
})

describe('task runs', () => {
  it('follow the events that report them', async () => {
    await ingest(pending, running, completed)
    const [run, ...others] = await readTaskRuns()
    expect(others).toEqual([])
    expect(run).toMatchObject({
      id: taskRunId,
      flow_run_id: flowRunId,
      name: 'load-0',
      task_key: 'load-1a2b',
      dynamic_key: '0',
      state_id: completed.id,
      state_type: 'COMPLETED',
      state_name: 'Completed',
      state_timestamp: parseTimestamp(at(3)),
      run_count: 1,
      start_time: parseTimestamp(at(2)),
      end_time: parseTimestamp(at(3)),
      total_run_time: 500_000,
      tags: '["t"]',
      labels: '{}',
    })
    const states = await readStates()
    expect(states.map(({ id, type, message }) => [id, type, message])).toEqual([
      [pending.id, 'PENDING', ''],
      [running.id, 'RUNNING', ''],
      [completed.id, 'COMPLETED', 'done'],
    ])
    expect(JSON.parse(states[0]!.state_details)).toMatchObject({
      task_run_id: taskRunId,
      flow_run_id: flowRunId,
      deferred: false,
    })
  })

  it('take nothing but the state from an event that is older than what they are', async () => {
    await ingest(completed)
    await ingest(running, pending)
    const [run] = await readTaskRuns()
    expect(run).toMatchObject({ state_type: 'COMPLETED', start_time: null, end_time: parseTimestamp(at(3)) })
    expect((await readStates()).map(({ type }) => type)).toEqual(['PENDING', 'RUNNING', 'COMPLETED'])
  })

  it('keep columns that a later event does not carry', async () => {
    await ingest(running)
    await ingest(completed)
    expect((await readTaskRuns())[0]).toMatchObject({ start_time: parseTimestamp(at(2)), state_type: 'COMPLETED' })
  })

  it('keep the id under which their key was first stored', async () => {
    const stored = testId(7)
    await test.workspace.store.write(({ db }) =>
      db
        .insertInto('task_run')
        .values(taskRunRow(7, { flow_run_id: flowRunId, task_key: 'load-1a2b', dynamic_key: '0', state_timestamp: 1 }))
        .execute(),
    )
    await ingest(running)
    expect((await readTaskRuns()).map(({ id, state_type }) => [id, state_type])).toEqual([[stored, 'RUNNING']])
    const [state] = await readStates()
    expect(state!.task_run_id).toBe(stored)
    expect(JSON.parse(state!.state_details).task_run_id).toBe(stored)
  })

  it('outside of a flow are recognised by their id', async () => {
    const one = taskRunEvent({ taskRunId: testId(8), occurred: at(1), type: 'RUNNING' })
    const other = taskRunEvent({ taskRunId: testId(9), occurred: at(1), type: 'RUNNING' })
    await ingest(one, other, taskRunEvent({ taskRunId: testId(8), occurred: at(2), type: 'FAILED' }))
    expect((await readTaskRuns()).map(({ id, state_type }) => [id, state_type])).toEqual([
      [testId(8), 'FAILED'],
      [testId(9), 'RUNNING'],
    ])
  })

  it('are not made from events of the server or from broken ones, and these hold up nothing', async () => {
    const ofServer = { ...running, id: randomUUID(), resource: { ...running.resource, 'prefect.orchestration': 'server' } }
    const broken = { ...running, id: randomUUID(), payload: { validated_state: { type: 'RUNNING' } } }
    await ingest(ofServer, broken)
    expect(await readTaskRuns()).toEqual([])
    expect(await count('event')).toBe(2)
  })

  it('wait for their flow run for a while, and are dropped when it does not come', async () => {
    const recorder = new TaskRunRecorder(test.workspace)
    const early = taskRunEvent({ taskRunId: testId(5), flowRunId: testId(6), occurred: at(1), type: 'RUNNING' })
    await ingest(early, running)
    expect((await readTaskRuns()).map(({ id }) => id)).toEqual([taskRunId])
    await recorder.runOnce()
    await test.workspace.store.write(({ db }) =>
      db
        .insertInto('flow_run')
        .values(flowRunRow(6, { flow_id: testId(1) }))
        .execute(),
    )
    await recorder.runOnce()
    expect((await readTaskRuns()).map(({ id }) => id)).toEqual([taskRunId, testId(5)])

    await ingest(taskRunEvent({ taskRunId: testId(5), flowRunId: testId(99), occurred: at(1), type: 'RUNNING' }))
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(await count('outbox')).toBe(1)
      await recorder.runOnce()
    }
    expect(await count('outbox')).toBe(0)
  })

  it('are recorded once when two connections report the same one at the same time', async () => {
    const later = taskRunEvent({ taskRunId: testId(4), flowRunId, occurred: at(4), type: 'CANCELLED' })
    await Promise.all([ingest(pending, running), ingest(completed, later), ingest(running, later)])
    const runs = await readTaskRuns()
    expect(runs.map(({ state_type }) => state_type)).toEqual(['CANCELLED'])
    expect((await readStates()).map(({ type }) => type)).toEqual(['PENDING', 'RUNNING', 'COMPLETED', 'CANCELLED'])
  })
})
