import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { JsonObject } from '@aedile/core/json'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { DISPATCH_CAPABILITY, HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY } from '@aedile/core/worker-channel/frames'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ChannelWorker } from '../../testing/channel-worker.ts'
import { buildQueue, insertFlow, insertPool, insertRun } from '../../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import { attachSockets } from '../sockets.ts'
import { updateWorkPool } from '../work-pools/write-work-pool.ts'

let place: TestWorkspace
let server: Server
let sockets: ReturnType<typeof attachSockets>
let pool: { id: string; queues: { default: string; urgent: string } }
let flowId: string
const workers: Worker[] = []

beforeEach(async () => {
  place = await openTestWorkspace()
  const made = await insertPool(place.workspace, { name: 'pool' })
  const urgent = buildQueue(made.pool.id, { name: 'urgent', priority: 0 })
  await place.workspace.store.write(({ db }) => db.insertInto('work_queue').values(urgent).execute())
  pool = { id: made.pool.id, queues: { default: made.queue.id, urgent: urgent.id } }
  flowId = await insertFlow(place.workspace)
  server = createServer()
  sockets = attachSockets(server, place.workspace, { basePath: '/api', authString: null })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  await sockets.close()
  for (const worker of workers.splice(0)) worker.socket.terminate()
  server.close()
  await place.close()
})

/** A worker that is closed after the test. */
class Worker extends ChannelWorker {
  constructor(name = 'worker') {
    super(server, name)
    workers.push(this)
  }
}

const NOW = () => nowMicroseconds()

/** Schedules a run of a queue. */
function schedule(queueId: string, time: number): Promise<string> {
  const state = { type: 'SCHEDULED' as const, details: { scheduled_time: formatTimestamp(time) } }
  return insertRun(place.workspace, flowId, { work_queue_id: queueId }, state)
}
const wake = () => place.workspace.changes.emit('dispatch', [])

describe('the channel that genuine workers know', () => {
  test('answers a hello with what is accepted, the queues and the pool', async () => {
    const ready = await new Worker().greet({ requested_capabilities: [HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY, 'what.v9'] })
    expect(ready).toMatchObject({
      worker_id: null,
      selected_channel_version: 'work_pool_worker_channel.v1',
      effective_heartbeat_interval_seconds: 30,
      accepted_capabilities: [HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY],
      rejected_capabilities: ['what.v9'],
      effective_max_cleanup_concurrency: 0,
      initial_snapshot: { snapshot_sequence: 1, reason: 'initial', work_pool: { name: 'pool', id: pool.id } },
    })
    expect((ready.resolved_work_queues as { name: string }[]).map(({ name }) => name).sort()).toEqual(['default', 'urgent'])
  })

  test('records the worker at its hello, and again with each heartbeat', async () => {
    const worker = new Worker('ada')
    await worker.greet()
    const read = () => place.workspace.store.db.selectFrom('worker').selectAll().where('name', '=', 'ada').executeTakeFirst()
    const first = await read()
    expect(first?.heartbeat_interval_seconds).toBe(30)
    worker.beat()
    await expect.poll(async () => (await read())!.last_heartbeat_time! > first!.last_heartbeat_time!).toBe(true)
  })

  test('tells of a changed pool once, and not of a changed description', async () => {
    const worker = new Worker()
    await worker.greet()
    const change = (changes: object) =>
      place.workspace.store.write((transaction) => updateWorkPool(transaction, place.workspace, 'pool', changes))
    await change({ description: 'another' })
    await change({ concurrency_limit: 3 })
    const snapshot = await worker.next('work_pool.snapshot.v1')
    expect(snapshot).toMatchObject({
      snapshot_sequence: 2,
      reason: 'work_pool_updated',
      work_pool: { concurrency_limit: 3, description: 'another' },
    })
    expect(worker.waiting).toEqual([])
  })

  test.each([
    ['an unknown version', { supported_channel_versions: ['v0'] }, 1008, 'unsupported_version'],
    ['an unknown queue', { work_queue_names: ['nope'] }, 1008, 'authorization_failed'],
    ['a missing required capability', { requested_capabilities: [HEARTBEAT_CAPABILITY] }, 1002, 'protocol_error'],
    ['an unknown key', { surprise: 1 }, 1002, 'protocol_error'],
    ['cleanup kinds without their capability', { handled_cleanup_kinds: ['pending_claim_teardown.v1'] }, 1002, 'protocol_error'],
  ])('closes on %s', async (_what, changes, code, reason) => {
    const worker = new Worker()
    void worker.greet(changes as JsonObject)
    expect(await worker.closed).toEqual({ code, reason })
  })

  test('never accepts our capability unasked, and takes no frame of ours then', async () => {
    const worker = new Worker()
    const ready = await worker.greet({ requested_capabilities: [HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY] })
    expect(ready.accepted_capabilities).not.toContain(DISPATCH_CAPABILITY)
    await schedule(pool.queues.default, NOW())
    wake()
    worker.send('aedile.room.v1', { runs: 1 })
    expect(await worker.closed).toEqual({ code: 1002, reason: 'protocol_error' })
    expect(worker.waiting).toEqual([])
  })
})

describe('delivery', () => {
  test('delivers a due run to a worker with room, and none without', async () => {
    const [full, free] = [new Worker('full'), new Worker('free')]
    await full.greet()
    await free.greet()
    free.send('aedile.room.v1', { runs: 1 })
    const id = await schedule(pool.queues.default, NOW())
    wake()
    expect(await free.nextDue()).toEqual([id])
    expect(full.waiting).toEqual([])
  })

  test('delivers a run of the future the moment that it is due, not before', async () => {
    const worker = new Worker()
    await worker.greet()
    worker.send('aedile.room.v1', { runs: 5 })
    const due = NOW() + 700_000
    const id = await schedule(pool.queues.default, due)
    wake()
    expect(await worker.nextDue()).toEqual([id])
    expect(NOW()).toBeGreaterThanOrEqual(due)
  })

  test('gives the more urgent queue first, no more than there is room for, each run once', async () => {
    const worker = new Worker()
    await worker.greet()
    const late = await schedule(pool.queues.default, NOW() - 5_000_000)
    const urgent = await schedule(pool.queues.urgent, NOW() - 1_000_000)
    worker.send('aedile.room.v1', { runs: 1 })
    expect(await worker.nextDue()).toEqual([urgent])
    wake()
    worker.send('aedile.room.v1', { runs: 5 })
    expect(await worker.nextDue()).toEqual([late])
    expect(worker.waiting).toEqual([])
  })

  test('spreads a burst over the workers, each run to one of them', async () => {
    const crew = Array.from({ length: 10 }, (_, index) => new Worker(`worker-${index}`))
    for (const worker of crew) await worker.greet()
    for (const worker of crew) worker.send('aedile.room.v1', { runs: 3 })
    const ids = await Promise.all(Array.from({ length: 30 }, () => schedule(pool.queues.default, NOW())))
    wake()
    const got: string[][] = crew.map(() => [])
    await Promise.all(
      crew.map(async (worker, index) => {
        while (got[index]!.length < 3) got[index]!.push(...(await worker.nextDue()))
      }),
    )
    expect(got.flat().sort()).toEqual(ids.sort())
  })

  test('gives a declined run, and those of a worker that goes, to another', async () => {
    const [one, other] = [new Worker('one'), new Worker('other')]
    await one.greet()
    await other.greet()
    one.send('aedile.room.v1', { runs: 2 })
    const ids = [await schedule(pool.queues.default, NOW() - 2), await schedule(pool.queues.default, NOW() - 1)]
    wake()
    const got: string[] = []
    while (got.length < 2) got.push(...(await one.nextDue()))
    expect(got).toEqual(ids)
    other.send('aedile.room.v1', { runs: 2 })
    one.send('aedile.decline.v1', { flow_run_ids: [ids[0]!] })
    expect(await other.nextDue()).toEqual([ids[0]])
    one.socket.terminate()
    expect(await other.nextDue()).toEqual([ids[1]])
  })

  test('serves only the queues that a worker named', async () => {
    const worker = new Worker()
    await worker.greet({ work_queue_names: ['urgent'] })
    worker.send('aedile.room.v1', { runs: 5 })
    await schedule(pool.queues.default, NOW() - 10)
    const urgent = await schedule(pool.queues.urgent, NOW())
    wake()
    expect(await worker.nextDue()).toEqual([urgent])
    expect(worker.waiting).toEqual([])
  })

  test('tells a cancellation', async () => {
    const worker = new Worker()
    await worker.greet()
    const id = randomUUID()
    worker.send('aedile.room.v1', { runs: 1 })
    const told = worker.next('aedile.cancelling.v1')
    await expect
      .poll(() => {
        place.workspace.changes.emit('cancelling', [id])
        return worker.waiting.length > 0 || Promise.race([told.then(() => true), Promise.resolve(false)])
      })
      .toBe(true)
    expect(await told).toEqual({ flow_run_ids: [id] })
  })
})
