import { nowMicroseconds } from '@aedile/core/time'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../testing/api.ts'
import { StatusKeeper } from './status-keeper.ts'

const LONG_AGO = nowMicroseconds() - 120_000_000
let api: TestApi
beforeEach(async () => {
  api = await openTestApi()
  await api.call('POST', '/work_pools/', { name: 'pool', type: 'process' })
})
afterEach(() => api.close())

const pass = () => new StatusKeeper(api.workspace).runOnce(AbortSignal.timeout(10_000))
const set = (table: 'work_queue' | 'deployment', columns: object) =>
  api.workspace.store.write(({ db }) => db.updateTable(table).set(columns).execute())
const queueStatus = async () => (await api.call('GET', '/work_pools/pool/queues/default')).body.status

test('a queue that nobody polls any more is not ready; a paused one stays paused', async () => {
  await set('work_queue', { status: 'READY', last_polled: nowMicroseconds() })
  await pass()
  expect(await queueStatus()).toBe('READY')
  await set('work_queue', { last_polled: LONG_AGO })
  await pass()
  await pass()
  expect(await queueStatus()).toBe('NOT_READY')
  expect((await api.outboxEvents()).filter((name) => name === 'prefect.work-queue.not-ready')).toHaveLength(1)
  await set('work_queue', { status: 'PAUSED' })
  await pass()
  expect(await queueStatus()).toBe('PAUSED')
})

test('a deployment is ready while it or its queue is polled', async () => {
  const flow = await api.call('POST', '/flows/', { name: 'f' })
  const { body } = await api.call('POST', '/deployments/', { name: 'd', flow_id: flow.body.id, work_pool_name: 'pool' })
  const status = async () => (await api.call('GET', `/deployments/${body.id}`)).body.status
  await set('deployment', { status: 'READY', last_polled: LONG_AGO })
  await set('work_queue', { last_polled: nowMicroseconds() })
  await pass()
  expect(await status()).toBe('READY')
  await set('work_queue', { last_polled: LONG_AGO })
  await pass()
  expect(await status()).toBe('NOT_READY')
  expect(await api.outboxEvents()).toContain('prefect.deployment.not-ready')
})
