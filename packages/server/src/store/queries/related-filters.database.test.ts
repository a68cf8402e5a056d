import type { RelatedFilters } from '@aedile/core/filters/related'
import { relatedFilters } from '@aedile/core/filters/related'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openTestStore, type TestStore } from '../../testing/databases.ts'
import {
  applyArtifactFilters,
  applyDeploymentFilters,
  applyFlowFilters,
  applyFlowRunFilters,
  applyTaskRunFilters,
} from './related-filters.ts'
import { deploymentRow, flowRow, flowRunRow, taskRunRow, testId } from './testing/rows.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
  await test.store.write(async ({ db }) => {
    const stored = { created: 1, updated: 1 }
    await db
      .insertInto('flow')
      .values([flowRow(1), flowRow(2)])
      .execute()
    await db
      .insertInto('work_pool')
      .values({
        id: testId(11),
        ...stored,
        name: 'pool',
        description: null,
        type: 'process',
        base_job_template: '{}',
        is_paused: 0,
        concurrency_limit: null,
        status: null,
        default_queue_id: null,
        storage_configuration: '{}',
      })
      .execute()
    await db
      .insertInto('work_queue')
      .values({
        id: testId(21),
        ...stored,
        work_pool_id: testId(11),
        name: 'queue',
        description: null,
        is_paused: 0,
        concurrency_limit: null,
        priority: 1,
        filter: null,
        last_polled: null,
        status: 'READY',
      })
      .execute()
    await db
      .insertInto('deployment')
      .values([deploymentRow(31, { flow_id: testId(1), work_queue_id: testId(21) }), deploymentRow(32, { flow_id: testId(2) })])
      .execute()
    await db
      .insertInto('flow_run')
      .values([
        flowRunRow(41, { flow_id: testId(1), deployment_id: testId(31), work_queue_id: testId(21), name: 'red' }),
        flowRunRow(42, { flow_id: testId(1), name: 'blue' }),
        flowRunRow(43, { flow_id: testId(2), deployment_id: testId(32), name: 'red' }),
      ])
      .execute()
    await db
      .insertInto('task_run')
      .values([
        taskRunRow(51, { flow_run_id: testId(41), name: 'x' }),
        taskRunRow(52, { flow_run_id: testId(42), name: 'y' }),
        taskRunRow(53, { name: 'x' }),
      ])
      .execute()
    const artifact = { type: null, description: null, data: null, metadata_: null }
    const states = { flow_run_state_id: null, task_run_state_id: null }
    await db
      .insertInto('artifact')
      .values([
        { id: testId(61), ...stored, key: 'k', ...artifact, flow_run_id: testId(41), task_run_id: testId(51), ...states },
        { id: testId(62), ...stored, key: null, ...artifact, flow_run_id: null, task_run_id: null, ...states },
      ])
      .execute()
  })
})
afterAll(() => test.close())

const all = z.object(relatedFilters)
const parse = (filters: z.input<typeof all>): RelatedFilters => all.parse(filters)
const lastDigits = (rows: { id: string }[]) => rows.map(({ id }) => Number(id.slice(-1))).sort()

const POOL = { work_pools: { name: { any_: ['pool'] } } }
const FLOW_2 = { flows: { name: { any_: ['flow-2'] } } }
const RED = { flow_runs: { name: { any_: ['red'] } } }
const X = { task_runs: { name: { any_: ['x'] } } }
const QUEUE = { work_pool_queues: { name: { any_: ['queue'] } } }
const DEPLOYMENT_2 = { deployments: { name: { any_: ['deployment-32'] } } }
type Case = [filters: z.input<typeof all>, expected: number[]]

describe('flow runs', () => {
  it.each<Case>([
    [{}, [1, 2, 3]],
    [POOL, [1]],
    [QUEUE, [1]],
    [FLOW_2, [3]],
    [{ ...RED, ...X }, [1]],
    [DEPLOYMENT_2, [3]],
    [{ ...POOL, ...FLOW_2 }, []],
    [{ flows: null, work_pools: { operator: 'and_', id: null, name: { any_: ['pool'] }, type: null } }, [1]],
  ])('%j gives %j', async (filters, expected) => {
    const query = applyFlowRunFilters(test.store.db.selectFrom('flow_run').select('flow_run.id'), parse(filters), test.store.kind)
    expect(lastDigits(await test.store.search(query.compile()))).toEqual(expected)
  })
})

describe('flows', () => {
  it.each<Case>([
    [POOL, [1]],
    [RED, [1, 2]],
    [{ flow_runs: { name: { any_: ['blue'] } }, ...X }, []],
    [DEPLOYMENT_2, [2]],
    [{ ...POOL, ...DEPLOYMENT_2 }, []],
  ])('%j gives %j', async (filters, expected) => {
    const query = applyFlowFilters(test.store.db.selectFrom('flow').select('flow.id'), parse(filters), test.store.kind)
    expect(lastDigits(await test.store.search(query.compile()))).toEqual(expected)
  })
})

describe('task runs', () => {
  it.each<Case>([
    [{}, [1, 2, 3]],
    [RED, [1]],
    [{ flow_runs: { id: { any_: [testId(42)] } } }, [2]],
    [POOL, [1]],
    [{ ...FLOW_2, ...X }, []],
    [X, [1, 3]],
  ])('%j gives %j', async (filters, expected) => {
    const query = applyTaskRunFilters(test.store.db.selectFrom('task_run').select('task_run.id'), parse(filters), test.store.kind)
    expect(lastDigits(await test.store.search(query.compile()))).toEqual(expected)
  })
})

describe('deployments', () => {
  it.each<Case>([
    [POOL, [1]],
    [QUEUE, [1]],
    [FLOW_2, [2]],
    [X, [1]],
    [RED, [1, 2]],
  ])('%j gives %j', async (filters, expected) => {
    const query = test.store.db.selectFrom('deployment').select('deployment.id')
    const filtered = applyDeploymentFilters(query, parse(filters), test.store.kind)
    expect(lastDigits(await test.store.search(filtered.compile()))).toEqual(expected)
  })
})

describe('artifacts', () => {
  it.each<Case>([
    [{}, [1, 2]],
    [RED, [1]],
    [X, [1]],
    [FLOW_2, []],
  ])('%j gives %j', async (filters, expected) => {
    const query = test.store.db.selectFrom('artifact').select('artifact.id')
    const filtered = applyArtifactFilters(query, 'artifact', parse(filters), test.store.kind)
    expect(lastDigits(await test.store.search(filtered.compile()))).toEqual(expected)
  })
})
