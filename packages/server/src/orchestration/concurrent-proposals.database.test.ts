import { randomUUID } from 'node:crypto'
import { flowRunPolicy } from '@aedile/core/resources/flow-run'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFlowRun } from '../http/flow-runs/create-flow-run.ts'
import { isForeignKeyViolation } from '../store/violations.ts'
import { insertFlow, insertRun, readRun } from '../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../testing/workspace.ts'
import { writeAnnounced } from './announce.ts'
import { SERVER_FACTS } from './client-facts.ts'
import { buildState } from './run-state.ts'
import { setFlowRunState } from './set-flow-run-state.ts'

let testing: TestWorkspace
let flowId: string
beforeEach(async () => {
  testing = await openTestWorkspace()
  flowId = await insertFlow(testing.workspace)
})
afterEach(() => testing.close())

const statesOf = (id: string) =>
  testing.workspace.store.db
    .selectFrom('flow_run_state')
    .select(['id', 'timestamp'])
    .where('flow_run_id', '=', id)
    .orderBy('timestamp')
    .execute()

test('of many proposals for one run at once each sees what the one before it made', async () => {
  const { workspace } = testing
  const id = await insertRun(workspace, flowId, {}, { type: 'PENDING' })
  const propose = () => setFlowRunState(workspace, { flowRunId: id, proposed: buildState({ type: 'RUNNING' }), force: true })
  const answers = await Promise.all(Array.from({ length: 20 }, propose))
  expect(answers.map(({ result }) => result.status)).toEqual(Array(20).fill('ACCEPT'))
  const run = await readRun(workspace, id)
  const states = await statesOf(id)
  expect(states).toHaveLength(21)
  expect(new Set(states.map(({ timestamp }) => timestamp)).size).toBe(21)
  expect(run.state_id).toBe(states.at(-1)!.id)
  // Counted up from what was read: a proposal that had read an older row would count the same run twice.
  expect(run.run_count).toBe(20)
})

test('of many runs that are made at once the one that cannot be is refused alone', async () => {
  const { workspace } = testing
  const make = (flow_id: string) =>
    writeAnnounced(
      workspace,
      (transaction) =>
        createFlowRun(
          transaction,
          { flow_id, empirical_policy: flowRunPolicy.parse({}), parameters: { x: '1.0' } },
          buildState({ type: 'SCHEDULED' }),
          SERVER_FACTS,
        ),
      { tentative: true },
    )
  const flows = [flowId, flowId, randomUUID(), flowId]
  const results = await Promise.allSettled(flows.map(make))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  const [, , refused] = results
  expect(refused?.status === 'rejected' && isForeignKeyViolation(refused.reason)).toBe(true)
  const { store } = workspace
  const runs = await store.db.selectFrom('flow_run').select(['id', 'state_type', 'parameters']).execute()
  expect(runs.map(({ state_type, parameters }) => [state_type, parameters])).toEqual(
    Array(3).fill(['SCHEDULED', JSON.stringify({ x: '1.0' })]),
  )
  for (const { id } of runs) expect(await statesOf(id)).toHaveLength(1)
  expect(await store.db.selectFrom('outbox').selectAll().execute()).toHaveLength(3)
})

test('a run that somebody holds does not hold up the others; on SQLite nobody can hold one', async () => {
  const { workspace } = testing
  const { store } = workspace
  if (store.kind === 'sqlite') {
    const holding = store.write(() => new Promise((resolve) => setTimeout(resolve, 1000)))
    await expect(holding).rejects.toThrow('A unit of work may await nothing but its own statements')
    return
  }
  const held = await insertRun(workspace, flowId, {}, { type: 'PENDING' })
  const free = await insertRun(workspace, flowId, {}, { type: 'PENDING' })
  let letGo: (() => void) | undefined
  let holds: (() => void) | undefined
  const isHeld = new Promise<void>((resolve) => (holds = resolve))
  const holder = store.write(async ({ db }) => {
    await sql`select id from flow_run where id = ${held} for update`.execute(db)
    holds!()
    await new Promise<void>((resolve) => (letGo = resolve))
  })
  await isHeld
  const propose = (id: string) => setFlowRunState(workspace, { flowRunId: id, proposed: buildState({ type: 'RUNNING' }) })
  const order: string[] = []
  const both = [propose(held).then(() => order.push('held')), propose(free).then(() => order.push('free'))]
  await both[1]
  expect((await readRun(workspace, held)).state_type).toBe('PENDING')
  letGo!()
  await Promise.all([...both, holder])
  expect(order).toEqual(['free', 'held'])
  expect((await readRun(workspace, held)).state_type).toBe('RUNNING')
})

test('a proposal whose connection breaks before its write is made again; SQLite has no connection that could', async () => {
  const { workspace } = testing
  const { store } = workspace
  const id = await insertRun(workspace, flowId, {}, { type: 'PENDING' })
  const propose = () => setFlowRunState(workspace, { flowRunId: id, proposed: buildState({ type: 'RUNNING' }) })
  if (store.kind === 'sqlite') return expect((await propose()).result.status).toBe('ACCEPT')
  let letGo: (() => void) | undefined
  let holds: (() => void) | undefined
  const isHeld = new Promise<void>((resolve) => (holds = resolve))
  const holder = store.write(async ({ db }) => {
    await sql`lock table flow_run in access exclusive mode`.execute(db)
    holds!()
    await new Promise<void>((resolve) => (letGo = resolve))
  })
  await isHeld
  const answer = propose()
  const breakWaiting = () =>
    store.search<{ broken: number }>(
      sql<{ broken: number }>`select pg_terminate_backend(pid) as broken from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.compile(store.db),
    )
  await expect.poll(async () => (await breakWaiting()).length, { interval: 5 }).toBe(1)
  letGo!()
  await holder
  expect((await answer).result.status).toBe('ACCEPT')
})
