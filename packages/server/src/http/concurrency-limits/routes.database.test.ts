import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LeaseRepossessor } from '../../services/lease-repossessor.ts'
import { openTestApi, type TestApi } from '../../testing/api.ts'

let api: TestApi
beforeEach(async () => {
  api = await openTestApi()
})
afterEach(() => api.close())

const make = (name: string, limit: number, more: object = {}) =>
  api.call('POST', '/v2/concurrency_limits/', { name, limit, ...more })
const take = (body: object) => api.call('POST', '/v2/concurrency_limits/increment-with-lease', { slots: 1, ...body })
const activeSlots = async (name: string) => (await api.call('GET', `/v2/concurrency_limits/${name}`)).body.active_slots

test('slots are taken of all limits or of none, and a refusal says when to come back', async () => {
  await make('wide', 2)
  await make('narrow', 1)
  const first = await take({ names: ['wide', 'narrow', 'unknown'] })
  expect(first.status).toBe(200)
  expect(first.body.limits.map(({ name }: { name: string }) => name)).toEqual(['narrow', 'wide'])
  const refused = await take({ names: ['wide', 'narrow'] })
  expect(refused).toMatchObject({ status: 423, body: { detail: 'Locked' } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(await activeSlots('wide')).toBe(1)
  expect((await api.call('POST', '/v2/concurrency_limits/decrement-with-lease', { lease_id: first.body.lease_id })).status).toBe(
    204,
  )
  expect((await api.call('POST', '/v2/concurrency_limits/decrement-with-lease', { lease_id: first.body.lease_id })).status).toBe(
    204,
  )
  expect(await activeSlots('wide')).toBe(0)
})

test('what can never be had is refused for good', async () => {
  await make('two', 2)
  expect((await take({ names: ['two'], slots: 3 })).body.detail).toBe('Slots requested is greater than the limit')
  expect((await take({ names: ['two'], mode: 'rate_limit' })).body.detail).toContain("configured: 'two'")
  expect((await take({ names: ['two'], lease_duration: 5 })).status).toBe(422)
  expect((await take({ names: ['two'], slots: 0 })).status).toBe(422)
  expect((await take({ names: ['nothing'] })).body).toMatchObject({ limits: [] })
})

test('a lease that nobody renews gives its slots back, a renewed one keeps them', async () => {
  await make('two', 2)
  const lost = await take({ names: ['two'] })
  const kept = await take({ names: ['two'] })
  await api.workspace.store.write(({ db }) => db.updateTable('concurrency_lease').set({ expires: 1 }).execute())
  const renew = (id: string) => api.call('POST', `/v2/concurrency_limits/leases/${id}/renew`, { lease_duration: 60 })
  expect((await renew(kept.body.lease_id)).status).toBe(204)
  await new LeaseRepossessor(api.workspace).runOnce(AbortSignal.timeout(10_000))
  expect(await activeSlots('two')).toBe(1)
  expect((await renew(lost.body.lease_id)).status).toBe(410)
})

test('many at once never get more slots than there are', async () => {
  await make('five', 5)
  const answers = await Promise.all(Array.from({ length: 20 }, () => take({ names: ['five'] })))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
  expect(await activeSlots('five')).toBe(5)
})

test('a limit is found by id and by name, and a name is taken once', async () => {
  const { body } = await make('mine', 1)
  expect(body).toMatchObject({ denied_slots: 0, avg_slot_occupancy_seconds: 2 })
  expect((await make('mine', 1)).status).toBe(409)
  expect((await api.call('PATCH', `/v2/concurrency_limits/${body.id}`, { limit: 7, active: false })).status).toBe(204)
  const { body: read } = await api.call('GET', '/v2/concurrency_limits/mine')
  expect(read).toMatchObject({ id: body.id, limit: 7, active: false })
  expect(read).not.toHaveProperty('denied_slots')
  expect((await api.call('DELETE', '/v2/concurrency_limits/mine')).status).toBe(204)
  expect((await api.call('GET', '/v2/concurrency_limits/mine')).body.detail).toBe('Concurrency Limit not found')
})

test('a limit by tag is the limit named after it, held by task runs', async () => {
  const made = await api.call('POST', '/concurrency_limits/', { tag: 'gpu', concurrency_limit: 1 })
  expect(made).toMatchObject({ status: 201, body: { tag: 'gpu', concurrency_limit: 1, active_slots: [] } })
  const [one, two] = [randomUUID(), randomUUID()]
  const take = (task_run_id: string) => api.call('POST', '/concurrency_limits/increment', { names: ['gpu', 'free'], task_run_id })
  expect((await take(one)).body).toMatchObject([{ name: 'gpu', limit: 1 }])
  expect((await take(two)).status).toBe(423)
  expect((await api.call('GET', '/concurrency_limits/tag/gpu')).body.active_slots).toEqual([one])
  const released = await api.call('POST', '/concurrency_limits/decrement', { names: ['gpu'], task_run_id: one })
  expect(released.body).toMatchObject([{ name: 'tag:gpu' }])
  expect((await take(two)).status).toBe(200)
  expect((await api.call('POST', '/concurrency_limits/tag/gpu/reset', { slot_override: [one] })).body).toBeNull()
  expect((await api.call('GET', '/concurrency_limits/tag/gpu')).body.active_slots).toEqual([one])
  expect((await api.call('POST', '/concurrency_limits/', { tag: 'gpu', concurrency_limit: 4 })).status).toBe(200)
  expect((await api.call('DELETE', '/concurrency_limits/tag/gpu')).status).toBe(200)
})
