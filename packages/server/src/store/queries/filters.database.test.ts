import { blockTypeFilter } from '@aedile/core/filters/block'
import { deploymentFilter } from '@aedile/core/filters/deployment'
import { eventFilter } from '@aedile/core/filters/event'
import { flowFilter } from '@aedile/core/filters/flow'
import { flowRunFilter } from '@aedile/core/filters/flow-run'
import { logFilter } from '@aedile/core/filters/log'
import { taskRunFilter } from '@aedile/core/filters/task-run'
import { variableFilter } from '@aedile/core/filters/variable'
import { workPoolFilter } from '@aedile/core/filters/work-pool'
import { workQueueFilter } from '@aedile/core/filters/work-queue'
import { workerFilter } from '@aedile/core/filters/worker'
import { receivedEvent } from '@aedile/core/resources/event'
import { parseTimestamp } from '@aedile/core/time'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Changes } from '../../changes.ts'
import { openTestStore, type TestStore } from '../../testing/databases.ts'
import type { Transaction } from '../store.ts'
import { appendEvents } from './append-events.ts'
import { blockTypeCondition } from './filters/block.ts'
import { deploymentCondition } from './filters/deployment.ts'
import { eventCondition } from './filters/event.ts'
import { flowCondition } from './filters/flow.ts'
import { flowRunCondition } from './filters/flow-run.ts'
import { logCondition } from './filters/log.ts'
import { taskRunCondition } from './filters/task-run.ts'
import { variableCondition } from './filters/variable.ts'
import { workPoolCondition } from './filters/work-pool.ts'
import { workQueueCondition } from './filters/work-queue.ts'
import { workerCondition } from './filters/worker.ts'
import { deploymentRow, flowRow, flowRunRow, taskRunRow, testId } from './testing/rows.ts'

const stored = { created: 1, updated: 1 }
const at = (text: string) => parseTimestamp(text)
const missing = testId(999)

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
  await test.store.write(seed)
})
afterAll(() => test.close())

/** Everything has a last digit by which the tables below name it. */
async function seed(transaction: Transaction): Promise<void> {
  const { db } = transaction
  const flow = [
    flowRow(11, { name: 'Load-Data', tags: '["a","b"]' }),
    flowRow(12, { name: '50%_done' }),
    flowRow(13, { name: 'other', tags: '["a"]' }),
  ]
  await db.insertInto('flow').values(flow).execute()
  const pool = { description: null, base_job_template: '{}', concurrency_limit: null, status: null, default_queue_id: null }
  const pools = [21, 22].map((n) => ({
    id: testId(n),
    ...stored,
    ...pool,
    name: `pool-${n}`,
    type: n === 21 ? 'process' : 'docker',
    is_paused: 0 as const,
    storage_configuration: '{}',
  }))
  await db.insertInto('work_pool').values(pools).execute()
  const queue = { ...stored, work_pool_id: testId(21), description: null, is_paused: 0 as const, concurrency_limit: null }
  const queues = ['default', 'Dev-1', 'prod'].map((name, index) => ({
    id: testId(31 + index),
    ...queue,
    name,
    priority: 1,
    filter: null,
    last_polled: null,
    status: 'READY',
  }))
  await db.insertInto('work_queue').values(queues).execute()
  const workers = [41, 42].map((n) => ({
    id: testId(n),
    ...stored,
    work_pool_id: testId(21),
    name: `worker-${n}`,
    last_heartbeat_time: at(`2025-01-0${n - 40}`),
    heartbeat_interval_seconds: 30,
    status: n === 41 ? 'ONLINE' : 'OFFLINE',
  }))
  await db.insertInto('worker').values(workers).execute()
  const deployments = [
    deploymentRow(51, {
      flow_id: testId(11),
      name: 'nightly',
      tags: '["x","y"]',
      work_queue_name: 'q',
      work_queue_id: testId(31),
    }),
    deploymentRow(52, { flow_id: testId(11), name: 'weekly', paused: 1 }),
    deploymentRow(53, { flow_id: testId(13), name: 'hourly', tags: '["y"]' }),
  ]
  await db.insertInto('deployment').values(deployments).execute()
  const runs = [
    flowRunRow(61, {
      flow_id: testId(11),
      name: 'Brave-Owl',
      tags: '["a","b"]',
      deployment_id: testId(51),
      work_queue_id: testId(31),
      work_queue_name: 'q',
      state_type: 'RUNNING',
      state_name: 'Running',
      start_time: at('2025-01-02'),
      expected_start_time: at('2025-01-01'),
      flow_version: 'v1',
      idempotency_key: 'k1',
      created_by: JSON.stringify({ id: testId(51), type: 'DEPLOYMENT', display_value: null }),
    }),
    flowRunRow(62, {
      flow_id: testId(11),
      name: 'calm-owl',
      tags: '["a"]',
      state_type: 'SCHEDULED',
      state_name: 'Late',
      expected_start_time: at('2025-01-03'),
      next_scheduled_start_time: at('2025-01-03'),
      parent_task_run_id: testId(71),
    }),
    flowRunRow(63, {
      flow_id: testId(13),
      name: 'lone-fox',
      state_type: 'COMPLETED',
      state_name: 'Completed',
      start_time: at('2025-01-04'),
      end_time: at('2025-01-05'),
      expected_start_time: at('2025-01-04'),
      idempotency_key: 'k3',
    }),
  ]
  await db.insertInto('flow_run').values(runs).execute()
  const tasks = [
    taskRunRow(71, { flow_run_id: testId(61), state_type: 'RUNNING', state_name: 'Running', start_time: at('2025-01-02') }),
    taskRunRow(72, { flow_run_id: testId(63), state_type: 'FAILED', state_name: 'Failed', tags: '["t"]' }),
    taskRunRow(73, { name: 'Background', start_time: at('2025-01-05'), end_time: at('2025-01-06') }),
  ]
  await db.insertInto('task_run').values(tasks).execute()
  const variables = [
    { id: testId(81), ...stored, name: 'region', value: '"eu"', tags: '["geo"]' },
    { id: testId(82), ...stored, name: 'size', value: '3', tags: '[]' },
  ]
  await db.insertInto('variable').values(variables).execute()
  const blockType = { ...stored, logo_url: null, documentation_url: null, description: null, code_example: null }
  await db
    .insertInto('block_type')
    .values(
      [91, 92].map((n) => ({ id: testId(n), ...blockType, name: `Type ${n}`, slug: `type-${n}`, is_protected: 0 as const })),
    )
    .execute()
  const lines = ['disk is full', 'quota 100% used', 'a DISK_quota'].map((message, index) => ({
    id: testId(101 + index),
    created: 1,
    name: 'prefect.flow_runs',
    level: 10 * (index + 1),
    message,
    timestamp: at(`2025-01-0${index + 1}`)!,
    flow_run_id: testId(61),
    task_run_id: index === 0 ? testId(71) : null,
    sequence: index + 1,
  }))
  await db.insertInto('log').values(lines).execute()
  const events = [
    event(111, 'prefect.flow-run.Running', 'prefect.flow-run.1', { 'prefect.resource.name': 'Owl' }, [
      ['prefect.flow.7', 'flow'],
    ]),
    event(112, 'prefect.task-run.Failed', 'prefect.task-run.2', { kind: '[x]', 'odd"$.label': 'yes' }, [
      ['prefect.flow-run.1', 'flow-run'],
      ['prefect.tag.a_b', 'tag'],
    ]),
    event(113, 'custom', 'thing.3', {}, []),
  ]
  await appendEvents(transaction, events, new Changes())
}

function event(number: number, name: string, resource: string, labels: Record<string, string>, related: [string, string][]) {
  return receivedEvent.parse({
    id: testId(number),
    occurred: '2025-01-01T00:00:00Z',
    received: '2025-01-01T00:00:00Z',
    event: name,
    resource: { 'prefect.resource.id': resource, ...labels },
    related: related.map(([id, role]) => ({ 'prefect.resource.id': id, 'prefect.resource.role': role, deep: `of ${id}` })),
    payload: { number },
  })
}

type Table = 'flow' | 'flow_run' | 'task_run' | 'deployment' | 'work_pool' | 'work_queue' | 'worker' | 'variable' | 'block_type'
type Case = [filter: unknown, expected: number[]]

async function idsOf(table: Table | 'log' | 'event', condition: ReturnType<typeof flowCondition>): Promise<number[]> {
  const query = test.store.db
    .selectFrom(table as 'flow')
    .select(`${table}.id` as 'flow.id')
    .where(condition)
  const rows = await test.store.search(query.compile())
  return rows.map(({ id }) => Number(id.slice(-12)) % 10).sort()
}

describe('flows', () => {
  it.each<Case>([
    [{}, [1, 2, 3]],
    [{ id: { any_: [] } }, []],
    [{ id: { any_: [testId(11), missing] } }, [1]],
    [{ id: { any_: [testId(11), ...Array.from({ length: 300 }, (_, n) => testId(2000 + n))] } }, [1]],
    [{ id: { not_any_: [] } }, [1, 2, 3]],
    [{ id: { not_any_: [testId(11)] } }, [2, 3]],
    [{ name: { like_: 'DATA' } }, [1]],
    [{ name: { like_: '' } }, [1, 2, 3]],
    [{ name: { like_: 'l%d' } }, [1]],
    [{ name: { any_: ['other'], like_: 'load' } }, []],
    [{ tags: { all_: ['a', 'b'] } }, [1]],
    [{ tags: { all_: [] } }, [1, 2, 3]],
    [{ tags: { is_null_: true } }, [2]],
    [{ tags: { is_null_: false } }, [1, 3]],
    [{ tags: { operator: 'or_', all_: ['b'], is_null_: true } }, [1, 2]],
    [{ deployment: { is_null_: true } }, [2]],
    [{ deployment: { is_null_: false } }, [1, 3]],
    [{ operator: 'or_', name: { any_: ['other'] }, tags: { is_null_: true } }, [2, 3]],
    [{ operator: 'or_', name: { any_: ['other'] }, tags: {} }, [1, 2, 3]],
    [{ operator: 'or_', name: { any_: ['other'] }, tags: null }, [3]],
  ])('%j gives %j', async (filter, expected) => {
    expect(await idsOf('flow', flowCondition(flowFilter.parse(filter), test.store.kind))).toEqual(expected)
  })
})

describe('flow runs', () => {
  it.each<Case>([
    [{}, [1, 2, 3]],
    [{ name: { like_: 'OWL' } }, [1, 2]],
    [{ tags: { any_: ['b', 'zzz'] } }, [1]],
    [{ tags: { any_: [] } }, []],
    [{ tags: { all_: ['a'] } }, [1, 2]],
    [{ deployment_id: { any_: [testId(51)] } }, [1]],
    [{ deployment_id: { is_null_: true } }, [2, 3]],
    [{ deployment_id: { operator: 'or_', any_: [testId(51)], is_null_: true } }, [1, 2, 3]],
    [{ work_queue_name: { any_: ['q'] } }, [1]],
    [{ work_queue_name: { is_null_: true } }, [2, 3]],
    [{ flow_version: { any_: ['v1'] } }, [1]],
    [{ state: { type: { any_: ['RUNNING', 'SCHEDULED'] } } }, [1, 2]],
    [{ state: { type: { not_any_: ['RUNNING'] } } }, [2, 3]],
    [{ state: { name: { any_: ['Late'] } } }, [2]],
    [{ state: { operator: 'or_', type: { any_: ['RUNNING'] }, name: { any_: ['Late'] } } }, [1, 2]],
    [{ state: { type: { any_: ['RUNNING'], not_any_: ['COMPLETED'] } } }, [1, 2, 3]],
    [{ state: { type: { any_: [] } } }, []],
    [{ state: { type: { not_any_: [] } } }, [1, 2, 3]],
    [{ start_time: { after_: '2025-01-03T00:00:00Z' } }, [2, 3]],
    [{ start_time: { before_: '2025-01-02T00:00:00Z' } }, [1]],
    [{ start_time: { is_null_: true } }, [2]],
    [{ end_time: { after_: '2025-01-05T00:00:00Z' } }, [3]],
    [{ end_time: { is_null_: true } }, [1, 2]],
    [{ expected_start_time: { before_: '2025-01-03 00:00:00+00:00' } }, [1, 2]],
    [{ next_scheduled_start_time: { before_: '2025-01-03T00:00:00Z' } }, [2]],
    [{ parent_flow_run_id: { any_: [testId(61)] } }, [2]],
    [{ parent_flow_run_id: { any_: [] } }, []],
    [{ parent_task_run_id: { is_null_: true } }, [1, 3]],
    [{ idempotency_key: { any_: ['k1', 'k3'] } }, [1, 3]],
    [{ idempotency_key: { not_any_: ['k1'] } }, [3]],
    [{ created_by: { id_: [testId(51)] } }, [1]],
    [{ created_by: { type_: ['DEPLOYMENT'] } }, [1]],
    [{ created_by: { is_null_: true } }, [2, 3]],
    [{ operator: 'or_', tags: { is_null_: true }, name: { any_: ['calm-owl'] } }, [2, 3]],
  ])('%j gives %j', async (filter, expected) => {
    expect(await idsOf('flow_run', flowRunCondition(flowRunFilter.parse(filter), test.store.kind))).toEqual(expected)
  })
})

describe('task runs', () => {
  it.each<Case>([
    [{}, [1, 2, 3]],
    [{ flow_run_id: {} }, [1, 2]],
    [{ flow_run_id: { is_null_: true, any_: [testId(61)] } }, [3]],
    [{ flow_run_id: { any_: [testId(61)] } }, [1]],
    [{ flow_run_id: { is_null_: null } }, [1, 2, 3]],
    [{ state: { type: { any_: ['FAILED'] } } }, [2]],
    [{ tags: { all_: ['t'] } }, [2]],
    [{ name: { like_: 'back' } }, [3]],
    [{ subflow_runs: { exists_: true } }, [1]],
    [{ subflow_runs: { exists_: false } }, [2, 3]],
    [{ start_time: { after_: '2025-01-05T00:00:00Z' } }, [3]],
    [{ end_time: { is_null_: false } }, [3]],
  ])('%j gives %j', async (filter, expected) => {
    expect(await idsOf('task_run', taskRunCondition(taskRunFilter.parse(filter), test.store.kind))).toEqual(expected)
  })
})

describe('deployments', () => {
  it.each<Case>([
    [{ name: { like_: 'LY' } }, [1, 2, 3]],
    [{ flow_or_deployment_name: { like_: 'data' } }, [1, 2]],
    [{ flow_or_deployment_name: { like_: 'HOUR' } }, [3]],
    [{ paused: { eq_: true } }, [2]],
    [{ paused: { eq_: false } }, [1, 3]],
    [{ tags: { any_: ['x', 'y'] } }, [1, 3]],
    [{ tags: { all_: ['x', 'y'] } }, [1]],
    [{ work_queue_name: { any_: ['q'] } }, [1]],
    [{ concurrency_limit: { ge_: 99 } }, [1, 2, 3]],
  ])('%j gives %j', async (filter, expected) => {
    expect(await idsOf('deployment', deploymentCondition(deploymentFilter.parse(filter), test.store.kind))).toEqual(expected)
  })
})

it('finds pools, queues, workers, variables and block types', async () => {
  const { kind } = test.store
  expect(await idsOf('work_pool', workPoolCondition(workPoolFilter.parse({ type: { any_: ['docker'] } }), kind))).toEqual([2])
  const queues = (name: object) => idsOf('work_queue', workQueueCondition(workQueueFilter.parse({ name }), kind))
  expect(await queues({ startswith_: ['de', 'x'] })).toEqual([1, 2])
  expect(await queues({ startswith_: [] })).toEqual([1, 2, 3])
  const workers = (filter: object) => idsOf('worker', workerCondition(workerFilter.parse(filter), kind))
  expect(await workers({ status: { any_: ['ONLINE'] } })).toEqual([1])
  expect(await workers({ status: { not_any_: ['ONLINE'] }, last_heartbeat_time: { after_: '2025-01-02T00:00:00Z' } })).toEqual([
    2,
  ])
  const variables = (filter: object) => idsOf('variable', variableCondition(variableFilter.parse(filter), kind))
  expect(await variables({ tags: { all_: ['geo'] } })).toEqual([1])
  expect(await variables({ name: { like_: 'SI' } })).toEqual([2])
  const blockTypes = (filter: object) => idsOf('block_type', blockTypeCondition(blockTypeFilter.parse(filter), kind))
  expect(await blockTypes({ name: { like_: 'type' }, slug: { any_: ['type-92'] } })).toEqual([2])
})

describe('logs', () => {
  it.each<Case>([
    [{ level: { ge_: 20 } }, [2, 3]],
    [{ level: { ge_: 20, le_: 20 } }, [2]],
    [{ timestamp: { before_: '2025-01-02T00:00:00Z' } }, [1, 2]],
    [{ flow_run_id: { any_: [testId(61)] }, task_run_id: { is_null_: true } }, [2, 3]],
    [{ text: { query: '  ' } }, [1, 2, 3]],
    [{ text: { query: 'Disk' } }, [1, 3]],
    [{ text: { query: 'disk -full' } }, [3]],
    [{ text: { query: 'disk +full' } }, [1]],
    [{ text: { query: '100%' } }, [2]],
    [{ text: { query: '"k_q"' } }, [3]],
    [{ text: { query: 'flow_runs' } }, [1, 2, 3]],
  ])('%j gives %j', async (filter, expected) => {
    expect(await idsOf('log', logCondition(logFilter.parse(filter), test.store.kind))).toEqual(expected)
  })
})

describe('events', () => {
  const occurred = { since: '2024-12-31T00:00:00Z', until: '2025-01-02T00:00:00Z' }
  it.each<Case>([
    [{}, [1, 2, 3]],
    [{ occurred: { since: '2025-01-01T00:00:01Z' } }, []],
    [{ id: { id: [] } }, [1, 2, 3]],
    [{ id: { id: [testId(112)] } }, [2]],
    [{ event: { prefix: ['prefect.', 'cust'] } }, [1, 2, 3]],
    [{ event: { prefix: ['prefect%'] } }, []],
    [{ event: { exclude_prefix: ['prefect.flow', 'custom'] } }, [2]],
    [{ event: { name: ['custom'] } }, [3]],
    [{ event: { exclude_name: ['custom'] } }, [1, 2]],
    [{ resource: { id: ['thing.3'] } }, [3]],
    [{ resource: { id_prefix: ['prefect.task-run.'] } }, [2]],
    [{ resource: { labels: { 'prefect.resource.name': 'O*' } } }, [1]],
    [{ resource: { labels: { 'prefect.resource.name': 'o*' } } }, []],
    [{ resource: { labels: { 'prefect.resource.name': '!x' } } }, [1]],
    [{ resource: { labels: { kind: '[x]' } } }, [2]],
    [{ resource: { labels: { 'odd"$.label': 'y?s' } } }, [2]],
    [{ resource: { labels: { 'prefect.resource.id': ['thing.*', 'prefect.flow-run.*'] } } }, [1, 3]],
    [{ related: { id: ['prefect.flow-run.1'] } }, [2]],
    [{ related: { role: ['flow', 'tag'] } }, [1, 2]],
    [{ related: { resources_in_roles: [['prefect.flow.7', 'flow']] } }, [1]],
    [{ related: [{ role: ['tag'] }, { id: ['prefect.flow-run.1'] }] }, [2]],
    [{ related: { labels: { deep: 'of prefect.tag.a_?' } } }, [2]],
    [{ any_resource: { id: ['prefect.flow-run.1'] } }, [1, 2]],
    [{ any_resource: { id_prefix: ['prefect.'] } }, [1, 2]],
    [{ text: { query: 'owl' } }, [1]],
  ])('%j gives %j', async (filter, expected) => {
    const parsed = eventFilter.parse({ occurred, ...(filter as object) })
    expect(await idsOf('event', eventCondition(parsed, test.store.kind))).toEqual(expected)
  })
})
