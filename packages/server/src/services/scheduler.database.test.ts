import { parseTimestamp } from '@aedile/core/time'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../store/open.ts'
import { openTestApi, type TestApi } from '../testing/api.ts'
import { testedKind } from '../testing/databases.ts'
import { RecentDeploymentScheduler } from './recent-deployment-scheduler.ts'
import { Scheduler } from './scheduler.ts'

let api: TestApi
let flowId: string
beforeEach(async () => {
  api = await openTestApi()
  flowId = (await api.call('POST', '/flows/', { name: 'weather' })).body.id
})
afterEach(() => api.close())

const create = async (body: object = {}) =>
  (await api.call('POST', '/deployments/', { name: 'd', flow_id: flowId, enforce_parameter_schema: false, ...body })).body
const pass = (workspace = api.workspace) => new Scheduler(workspace).runOnce(AbortSignal.timeout(20_000))
const runs = async () =>
  (await api.call('POST', '/flow_runs/filter', { sort: 'NEXT_SCHEDULED_START_TIME_ASC' })).body as Record<string, never>[]
const DAILY = { cron: '30 9 * * *', timezone: 'America/New_York' }

test('a scheduled run has the shape that a genuine server gives it', async () => {
  const pool = (await api.call('POST', '/work_pools/', { name: 'pool', type: 'process' })).body
  const deployment = await create({
    tags: ['a', 'b'],
    version: 'v1',
    work_pool_name: 'pool',
    parameters: { x: 1, y: 1 },
    job_variables: { env: {} },
    labels: { own: 'label' },
    schedules: [{ schedule: DAILY, parameters: { y: 2 } }],
  })
  await pass()
  const [first, ...others] = await runs()
  expect(others).toHaveLength(2)
  const [schedule] = deployment.schedules
  const due = parseTimestamp(first!.next_scheduled_start_time)!
  const local = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'America/New_York',
    dateStyle: 'short',
    timeStyle: 'medium',
    timeZoneName: undefined,
  })
  const wall = local.format(new Date(due / 1000))
  expect(wall).toMatch(/ 09:30:00$/)
  expect(first!.idempotency_key).toMatch(
    new RegExp(`^scheduled ${deployment.id} ${schedule.id} ${wall.slice(0, 10)} 09:30:00-0[45]:00$`),
  )
  expect(first).toMatchObject({
    tags: ['auto-scheduled', 'a', 'b'],
    parameters: { x: 1, y: 2 },
    auto_scheduled: true,
    deployment_version: 'v1',
    flow_version: null,
    work_queue_id: pool.default_queue_id,
    job_variables: {},
    labels: { own: 'label', 'prefect.flow.id': flowId, 'prefect.deployment.id': deployment.id },
    created_by: { id: schedule.id, type: 'SCHEDULE', display_value: 'CronSchedule' },
    expected_start_time: first!.next_scheduled_start_time,
    state: {
      type: 'SCHEDULED',
      name: 'Scheduled',
      message: 'Flow run scheduled',
      state_details: { scheduled_time: first!.next_scheduled_start_time },
    },
  })
  expect(first!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
})

test('at least three runs and an hour are made ahead, and a second pass makes none', async () => {
  await create({ schedules: [{ schedule: { interval: 60 }, slug: 'minutely' }] })
  await pass()
  const count = (await runs()).length
  expect(count).toBeGreaterThanOrEqual(60)
  expect(count).toBeLessThanOrEqual(62)
  await pass()
  expect((await runs()).length - count).toBeLessThanOrEqual(1)
  expect((await runs())[0]!.created_by).toMatchObject({ display_value: 'minutely' })
})

test('two servers on one database never make a run twice', async () => {
  for (let index = 0; index < 5; index++) {
    await create({ name: `d${index}`, schedules: [{ schedule: { interval: 3600 } }, { schedule: DAILY }] })
  }
  const other = testedKind === 'postgres' ? await openSecondStore() : null
  const second = other ? { ...api.workspace, store: other } : api.workspace
  await Promise.all([pass(), pass(second), pass(), pass(second)])
  await other?.close()
  const keys = (await runs()).map(({ idempotency_key }) => idempotency_key)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys).toHaveLength(5 * (3 + 3))
})

test('a paused deployment, an inactive schedule and a broken neighbour stop nobody else', async () => {
  await create({ name: 'paused', paused: true, schedules: [{ schedule: DAILY }] })
  await create({ name: 'inactive', schedules: [{ schedule: DAILY, active: false }] })
  const broken = await create({ name: 'broken', schedules: [{ schedule: DAILY }] })
  const good = await create({ name: 'good', schedules: [{ schedule: DAILY }] })
  await api.workspace.store.write(({ db }) =>
    db
      .updateTable('deployment_schedule')
      .set({ schedule: '{"cron":"nonsense"}' })
      .where('deployment_id', '=', broken.id)
      .execute(),
  )
  await pass()
  expect(new Set((await runs()).map(({ deployment_id }) => deployment_id))).toEqual(new Set([good.id]))
})

test('a deployment that was just written is scheduled by the quick pass, an old one is not', async () => {
  const quick = () => new RecentDeploymentScheduler(api.workspace).runOnce(AbortSignal.timeout(20_000))
  const fresh = await create({ name: 'fresh', schedules: [{ schedule: DAILY }] })
  const old = await create({ name: 'old', schedules: [{ schedule: DAILY }] })
  await api.workspace.store.write(({ db }) => db.updateTable('deployment').set({ updated: 1 }).where('id', '=', old.id).execute())
  await quick()
  expect(new Set((await runs()).map(({ deployment_id }) => deployment_id))).toEqual(new Set([fresh.id]))
  await api.call('POST', `/deployments/${old.id}/schedules`, [{ schedule: { interval: 7200 }, slug: 'x' }])
  await quick()
  expect((await runs()).filter(({ deployment_id }) => deployment_id === old.id)).toHaveLength(6)
})

test('a change of the deployment removes future runs of schedules, but not late ones, waiting ones or those by hand', async () => {
  const deployment = await create({ schedules: [{ schedule: { interval: 3600 }, slug: 's' }] })
  const byHand = (await api.call('POST', `/deployments/${deployment.id}/create_flow_run`, { name: 'by-hand' })).body
  await pass()
  const [, late, waiting, tried] = await runs()
  await change(late!.id, { next_scheduled_start_time: 1 })
  await change(waiting!.id, { state_name: 'AwaitingConcurrencySlot' })
  expect((await api.call('PATCH', `/deployments/${deployment.id}`, { description: 'new' })).status).toBe(204)
  const left = new Set((await runs()).map(({ id }) => id))
  expect(left).toEqual(new Set([byHand.id, late!.id, waiting!.id]))
  expect(left.has(tried!.id)).toBe(false)
})

test('a pause removes what is scheduled; what is resumed is scheduled again', async () => {
  const deployment = await create({ schedules: [{ schedule: DAILY }] })
  await pass()
  expect((await api.call('POST', `/deployments/${deployment.id}/pause_deployment`)).body).toBeNull()
  expect(await runs()).toEqual([])
  await pass()
  expect(await runs()).toEqual([])
  await api.call('POST', `/deployments/${deployment.id}/resume_deployment`)
  await pass()
  expect(await runs()).toHaveLength(3)
})

test('a deleted deployment takes the runs that never ran along, and leaves the others', async () => {
  const deployment = await create({ schedules: [{ schedule: DAILY }] })
  await pass()
  const [ran] = await runs()
  await api.call('POST', `/flow_runs/${ran!.id}/set_state`, { state: { type: 'RUNNING' }, force: true })
  expect((await api.call('DELETE', `/deployments/${deployment.id}`)).status).toBe(204)
  expect(await runs()).toMatchObject([{ id: ran!.id, deployment_id: deployment.id }])
})

test('runs of a time in the past are made on demand', async () => {
  const deployment = await create({ schedules: [{ schedule: { cron: '0 0 * * *' } }] })
  const body = {
    start_time: '2025-03-01T00:00:00Z',
    end_time: '2025-03-05T00:00:00Z',
    min_time: 864000,
    min_runs: 1,
    max_runs: 50,
  }
  expect((await api.call('POST', `/deployments/${deployment.id}/schedule`, body)).body).toBeNull()
  expect((await runs()).map(({ expected_start_time }) => expected_start_time)).toEqual(
    [1, 2, 3, 4, 5].map((day) => `2025-03-0${day}T00:00:00Z`),
  )
})

async function change(id: string | undefined, columns: object) {
  await api.workspace.store.write(({ db }) => db.updateTable('flow_run').set(columns).where('id', '=', id!).execute())
}

/** A second server's view of the same Postgres. */
async function openSecondStore() {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(api.workspace.store.db)
  const url = new URL(process.env.AEDILE_TEST_POSTGRES_URL!)
  url.pathname = `/${rows[0]!.name}`
  return openStore({ url: url.href, connections: 3, searchConnections: 1 })
}
