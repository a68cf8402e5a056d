import { randomUUID } from 'node:crypto'
import type { ReceivedEvent } from '@aedile/core/resources/event'
import { formatPythonIso, formatTimestamp } from '@aedile/core/time'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Changes } from '../changes.ts'
import { buildState } from '../orchestration/run-state.ts'
import { setFlowRunState } from '../orchestration/set-flow-run-state.ts'
import { openStore } from '../store/open.ts'
import { toEvent } from '../store/queries/event-rows.ts'
import { deploymentRow, flowRow, flowRunRow, testId } from '../store/queries/testing/rows.ts'
import { openTestStore, type TestStore, testedKind } from '../testing/databases.ts'
import { openTestWorkspace } from '../testing/workspace.ts'
import type { Workspace } from '../workspace.ts'
import { OutboxReader } from './outbox-reader.ts'

const runId = testId(5)
const go = new AbortController().signal

let workspace: Workspace
let close: () => Promise<void>
beforeEach(async () => {
  ;({ workspace, close } = await openTestWorkspace())
  await seed()
})
afterEach(() => close())

async function seed(): Promise<void> {
  const stored = { created: 1, updated: 1, description: null, is_paused: 0 as const, concurrency_limit: null }
  await workspace.store.write(async ({ db }) => {
    await db
      .insertInto('flow')
      .values(flowRow(1, { name: 'etl', tags: '["f"]' }))
      .execute()
    const pool = { id: testId(2), ...stored, name: 'pool', type: 'process', base_job_template: '{}', storage_configuration: '{}' }
    await db
      .insertInto('work_pool')
      .values({ ...pool, status: null, default_queue_id: null })
      .execute()
    const queue = { id: testId(3), ...stored, name: 'default', work_pool_id: testId(2), priority: 1, filter: null }
    await db
      .insertInto('work_queue')
      .values({ ...queue, last_polled: null, status: 'READY' })
      .execute()
    await db
      .insertInto('deployment')
      .values(deploymentRow(4, { flow_id: testId(1), name: 'nightly', tags: '["d"]' }))
      .execute()
    await db
      .insertInto('flow_run')
      .values(
        flowRunRow(5, {
          flow_id: testId(1),
          name: 'brave-owl',
          deployment_id: testId(4),
          work_queue_id: testId(3),
          tags: '["r","d"]',
          created_by: JSON.stringify({ id: testId(4), type: 'DEPLOYMENT', display_value: 'nightly' }),
        }),
      )
      .execute()
  })
}

const propose = (type: 'PENDING' | 'RUNNING' | 'COMPLETED', message?: string) =>
  setFlowRunState(workspace, { flowRunId: runId, proposed: buildState({ type, message }), force: true })

async function readEvents(): Promise<ReceivedEvent[]> {
  return (await workspace.store.db.selectFrom('event').selectAll().orderBy('occurred').execute()).map(toEvent)
}

it('makes the event of a change of state, with everything that belongs to the run', async () => {
  await propose('PENDING')
  await propose('RUNNING', 'off we go')
  await new OutboxReader(workspace).runOnce(go)
  const [pending, running] = await readEvents()
  const states = await workspace.store.db.selectFrom('flow_run_state').selectAll().orderBy('timestamp').execute()
  expect(pending).toMatchObject({ event: 'prefect.flow-run.Pending', id: states[0]!.id, follows: null })
  expect(pending!.payload).toEqual({
    intended: { from: null, to: 'PENDING' },
    initial_state: null,
    validated_state: { type: 'PENDING', name: 'Pending' },
  })
  expect(running).toEqual({
    occurred: formatTimestamp(states[1]!.timestamp),
    event: 'prefect.flow-run.Running',
    resource: {
      'prefect.resource.id': `prefect.flow-run.${runId}`,
      'prefect.resource.name': 'brave-owl',
      'prefect.run-count': '1',
      'prefect.state-message': 'off we go',
      'prefect.state-name': 'Running',
      'prefect.state-timestamp': formatPythonIso(states[1]!.timestamp),
      'prefect.state-type': 'RUNNING',
    },
    related: [
      { 'prefect.resource.id': `prefect.flow.${testId(1)}`, 'prefect.resource.role': 'flow', 'prefect.resource.name': 'etl' },
      {
        'prefect.resource.id': `prefect.deployment.${testId(4)}`,
        'prefect.resource.role': 'deployment',
        'prefect.resource.name': 'nightly',
      },
      {
        'prefect.resource.id': `prefect.work-queue.${testId(3)}`,
        'prefect.resource.role': 'work-queue',
        'prefect.resource.name': 'default',
      },
      {
        'prefect.resource.id': `prefect.work-pool.${testId(2)}`,
        'prefect.resource.role': 'work-pool',
        'prefect.resource.name': 'pool',
        'prefect.work-pool.type': 'process',
      },
      { 'prefect.resource.id': 'prefect.tag.d', 'prefect.resource.role': 'tag' },
      { 'prefect.resource.id': 'prefect.tag.f', 'prefect.resource.role': 'tag' },
      { 'prefect.resource.id': 'prefect.tag.r', 'prefect.resource.role': 'tag' },
      {
        'prefect.resource.id': `prefect.deployment.${testId(4)}`,
        'prefect.resource.role': 'creator',
        'prefect.resource.name': 'nightly',
      },
    ],
    payload: {
      intended: { from: 'PENDING', to: 'RUNNING' },
      initial_state: { type: 'PENDING', name: 'Pending' },
      validated_state: { type: 'RUNNING', name: 'Running', message: 'off we go' },
    },
    id: states[1]!.id,
    follows: states[0]!.id,
    received: expect.any(String),
  })
})

it('passes whole events on, drops what cannot be read, and empties the outbox', async () => {
  const event = { ...(await anEvent()), id: randomUUID() }
  await workspace.store.write(async ({ db }) => {
    const row = { created: 1 }
    await db
      .insertInto('outbox')
      .values([
        { ...row, kind: 'event', payload: JSON.stringify('no event') },
        { ...row, kind: 'event', payload: JSON.stringify(event) },
        { ...row, kind: 'task-run-state', payload: '{}' },
      ])
      .execute()
  })
  await new OutboxReader(workspace).runOnce(go)
  expect((await readEvents()).map(({ id }) => id)).toEqual([event.id])
  expect(await workspace.store.db.selectFrom('outbox').selectAll().execute()).toEqual([])
})

it('makes nothing twice from a row that it meets again after a crash', async () => {
  const streamed: string[] = []
  workspace.changes.on('events', (events) => streamed.push(...events.map(({ event }) => event)))
  await propose('PENDING')
  const rows = await workspace.store.db.selectFrom('outbox').selectAll().execute()
  await new OutboxReader(workspace).runOnce(go)
  await workspace.store.write(({ db }) =>
    db
      .insertInto('outbox')
      .values(rows.map(({ kind, payload, created }) => ({ kind, payload, created })))
      .execute(),
  )
  await new OutboxReader(workspace).runOnce(go)
  expect(streamed).toEqual(['prefect.flow-run.Pending'])
  expect(await readEvents()).toHaveLength(1)
})

async function anEvent(): Promise<ReceivedEvent> {
  await propose('PENDING')
  await new OutboxReader(workspace).runOnce(go)
  const [event] = await readEvents()
  await workspace.store.write(({ db }) => db.deleteFrom('event').execute())
  return event!
}

it('gives every event to one of two servers, in the order of the outbox', async () => {
  const shared: TestStore = await openTestStore()
  // SQLite has one server; there it is two readers.
  const second = testedKind === 'postgres' ? await openStore({ url: shared.url, connections: 5 }) : shared.store
  const streamed: string[] = []
  const servers = [shared.store, second].map((store): Workspace => {
    const changes = new Changes()
    changes.on('events', (events) => streamed.push(...events.map(({ event }) => event)))
    return { ...workspace, store, changes }
  })
  const template = await anEvent()
  const names = Array.from({ length: 450 }, (_, index) => `event-${index}`)
  await shared.store.write(async ({ db }) => {
    const rows = names.map((event) => ({
      kind: 'event',
      payload: JSON.stringify({ ...template, id: randomUUID(), event }),
      created: 1,
    }))
    await db.insertInto('outbox').values(rows).execute()
  })
  await Promise.all(servers.map((server) => new OutboxReader(server).runOnce(go)))
  expect(streamed).toEqual(names)
  if (second !== shared.store) await second.close()
  await shared.close()
})
