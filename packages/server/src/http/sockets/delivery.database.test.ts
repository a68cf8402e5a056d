import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Changes } from '../../changes.ts'
import { SERVER_FACTS } from '../../orchestration/client-facts.ts'
import { SlotWaker } from '../../services/slot-waker.ts'
import { ChannelWorker } from '../../testing/channel-worker.ts'
import { insertDeployment, insertFlow, insertPool, insertRun, propose, readRun } from '../../testing/flow-runs.ts'
import { openTestWorkspace, type TestWorkspace } from '../../testing/workspace.ts'
import { claimRuns } from '../attempts/claim-runs.ts'
import { attachSockets } from '../sockets.ts'

let place: TestWorkspace
let server: Server
let sockets: ReturnType<typeof attachSockets>
let queueId: string
let flowId: string
const workers: ChannelWorker[] = []

beforeEach(async () => {
  place = await openTestWorkspace()
  queueId = (await insertPool(place.workspace, { name: 'pool' })).queue.id
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

async function startWorker(name: string, at: Server = server): Promise<ChannelWorker> {
  const worker = new ChannelWorker(at, name)
  workers.push(worker)
  await worker.greet()
  return worker
}

function schedule(time: number, columns: { deployment_id?: string } = {}): Promise<string> {
  const state = { type: 'SCHEDULED' as const, details: { scheduled_time: formatTimestamp(time) } }
  return insertRun(place.workspace, flowId, { work_queue_id: queueId, ...columns }, state)
}
const wake = () => place.workspace.changes.emit('dispatch', [])

/** Claims runs as the worker's request does. How many became its own. */
async function claim(worker: ChannelWorker, ids: string[]): Promise<number> {
  const facts = { pool: 'pool', name: worker.name, client: SERVER_FACTS }
  const answer = await claimRuns(
    place.workspace,
    facts,
    ids.map((flow_run_id) => ({ flow_run_id, attempt: randomUUID() })),
  )
  return answer.claims.filter(({ refusal }) => refusal === null).length
}

test('a thousand runs that are due in the same second come in order, none twice, none before its time', {
  timeout: 60_000,
}, async () => {
  const worker = await startWorker('one')
  const second = nowMicroseconds() + 15_000_000
  const times = Array.from({ length: 1000 }, (_, index) => second + ((index * 617) % 1000) * 1000)
  const scheduled = await Promise.all(times.map(async (time) => ({ time, id: await schedule(time) })))
  expect(nowMicroseconds()).toBeLessThan(second)
  wake()
  worker.send('aedile.room.v1', { runs: 200 })
  const got: string[] = []
  while (got.length < scheduled.length) {
    const ids = await worker.nextDue()
    expect(nowMicroseconds()).toBeGreaterThanOrEqual(second)
    got.push(...ids)
    expect(await claim(worker, ids)).toBe(ids.length)
    worker.send('aedile.room.v1', { runs: ids.length })
  }
  expect(got).toEqual(scheduled.sort((a, b) => a.time - b.time).map(({ id }) => id))
  expect(worker.waiting).toEqual([])
})

test('of a hundred workers each due run goes to one, and nobody else hears of it', { timeout: 60_000 }, async () => {
  const crew = await Promise.all(Array.from({ length: 100 }, (_, index) => startWorker(`worker-${index}`)))
  for (const worker of crew) worker.send('aedile.room.v1', { runs: 1 })
  const ids = await Promise.all(Array.from({ length: 300 }, () => schedule(nowMicroseconds())))
  const got: string[] = []
  let frames = 0
  let refused = 0
  let decided = 0
  const { promise: all, resolve } = Promise.withResolvers<void>()
  for (const worker of crew) {
    void (async () => {
      for (;;) {
        const due = await worker.nextDue()
        frames += 1
        got.push(...due)
        refused += due.length - (await claim(worker, due))
        decided += due.length
        if (decided >= ids.length) resolve()
        worker.send('aedile.room.v1', { runs: due.length })
      }
    })()
  }
  wake()
  await all
  expect(got.sort()).toEqual(ids.sort())
  expect({ frames, refused }).toEqual({ frames: ids.length, refused: 0 })
})

test("of two servers on one database both deliver, and each run becomes one worker's", { timeout: 60_000 }, async () => {
  const changes = new Changes()
  const other = createServer()
  const otherSockets = attachSockets(other, { ...place.workspace, changes }, { basePath: '/api', authString: null })
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const crew = await Promise.all(
    Array.from({ length: 10 }, (_, index) => startWorker(`worker-${index}`, index % 2 === 0 ? server : other)),
  )
  const ids = await Promise.all(Array.from({ length: 100 }, () => schedule(nowMicroseconds())))
  for (const worker of crew) worker.send('aedile.room.v1', { runs: 5 })
  const claimed: string[] = []
  const { promise: all, resolve } = Promise.withResolvers<void>()
  for (const worker of crew) {
    void (async () => {
      for (;;) {
        const due = await worker.nextDue()
        for (const id of due) if ((await claim(worker, [id])) === 1) claimed.push(id)
        if (claimed.length >= ids.length) resolve()
        worker.send('aedile.room.v1', { runs: due.length })
      }
    })()
  }
  // What one server tells comes to the other through the database; here it is told by hand.
  changes.emit('dispatch', [])
  wake()
  await all
  expect(claimed.sort()).toEqual(ids.sort())
  await otherSockets.close()
  other.close()
})

test('a run without a slot of its deployment keeps no other back, and comes the moment that the slot is free', async () => {
  const worker = await startWorker('one')
  const { id: deployment_id } = await insertDeployment(place.workspace, flowId, { limit: 1 })
  const running = await schedule(nowMicroseconds(), { deployment_id })
  expect(await claim(worker, [running])).toBe(1)
  const blocked = await schedule(nowMicroseconds() - 9_000_000, { deployment_id })
  await schedule(nowMicroseconds() - 8_000_000, { deployment_id })
  const other = await schedule(nowMicroseconds())
  worker.send('aedile.room.v1', { runs: 1 })
  expect(await worker.nextDue()).toEqual([other])
  worker.send('aedile.room.v1', { runs: 1 })
  await propose(place.workspace, running, 'RUNNING')
  await propose(place.workspace, running, 'COMPLETED')
  expect(await worker.nextDue()).toEqual([blocked])
})

test('of the runs that were refused a slot as many are due at once as slots are freed', async () => {
  const { workspace } = place
  const worker = await startWorker('one')
  const { id: deployment_id } = await insertDeployment(workspace, flowId, { limit: 2 })
  const ids: string[] = []
  for (let run = 0; run < 5; run++) ids.push(await schedule(nowMicroseconds(), { deployment_id }))
  expect(await claim(worker, ids.slice(0, 2))).toBe(2)
  for (const id of ids.slice(2)) expect(await claim(worker, [id])).toBe(0)
  const countDue = async () => {
    const runs = await Promise.all(ids.slice(2).map((id) => readRun(workspace, id)))
    return runs.map((run) => run.next_scheduled_start_time! <= nowMicroseconds())
  }
  const waker = new SlotWaker(workspace)
  const never = new AbortController().signal
  await waker.runOnce(never)
  expect(await countDue()).toEqual([false, false, false])
  await propose(workspace, ids[0]!, 'RUNNING')
  await propose(workspace, ids[0]!, 'COMPLETED')
  for (let round = 0; round < 2; round++) {
    await waker.runOnce(never)
    expect(await countDue()).toEqual([true, false, false])
  }
})
