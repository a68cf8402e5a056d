import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { until } from '../support/network.ts'
import {
  attemptProcesses,
  cancelRun,
  createCommandDeployment,
  createPool,
  createRun,
  readOutput,
  readStateNames,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
  waitUntilClean,
} from '../support/system.ts'

/** A worker that asks once at its start and then never again during a test: what comes later was delivered. */
const NEVER_ASKS = {
  AEDILE_WORKER_QUERY_SECONDS: '3600',
  AEDILE_WORKER_CANCELLATION_POLL_SECONDS: '3600',
}

/** As a worker is when nothing is set. */
const DEFAULTS = {
  AEDILE_WORKER_QUERY_SECONDS: '10',
  AEDILE_WORKER_HEARTBEAT_SECONDS: '30',
  AEDILE_WORKER_CANCELLATION_POLL_SECONDS: '5',
}

describe.each(databaseKinds)('a run that is delivered, on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
  })
  afterAll(() => system?.close())

  const startWorker = (pool: string, options: { name?: string; args?: string[] } = {}) =>
    system.startWorker({ pool, name: pool, environment: NEVER_ASKS, ...options })

  it('starts without being asked for, one that is due later not before its time', async () => {
    const pool = 'delivered'
    await createPool(system, pool)
    const deployment = await createCommandDeployment(system, 'date +%s%3N', { pool })
    const worker = await startWorker(pool)
    const now = await createRun(system, deployment)
    const due = Date.now() + 2000
    const later = await createRun(system, deployment, {
      state: { type: 'SCHEDULED', state_details: { scheduled_time: new Date(due).toISOString() } },
    })
    expect(await waitForEnd(system, now)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await waitForEnd(system, later)).toMatchObject({ state_type: 'COMPLETED' })
    await until('its output is there', async () => (await readOutput(system, later)).length === 1, 10)
    expect(Number((await readOutput(system, later))[0])).toBeGreaterThanOrEqual(due)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('of a burst is run once, by workers that take no more than they may', async () => {
    const pool = 'burst'
    await createPool(system, pool)
    const deployment = await createCommandDeployment(system, 'echo ran', { pool })
    const workers = await Promise.all(['one', 'two', 'three'].map((name) => startWorker(pool, { name, args: ['--limit', '2'] })))
    const runs = await Promise.all(Array.from({ length: 24 }, () => createRun(system, deployment)))
    for (const run of runs) expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED', run_count: 1 })
    for (const run of runs) {
      await until('its output is there', async () => (await readOutput(system, run)).length > 0, 10)
      expect(await readOutput(system, run)).toEqual(['ran'])
      expect((await readStateNames(system, run)).filter((name) => name === 'Pending')).toHaveLength(1)
    }
    for (const worker of workers) expect(await worker.end('SIGTERM')).toBe(0)
    await waitUntilClean(system.home)
  })

  it('is stopped as soon as it is cancelled', async () => {
    const pool = 'cancelled'
    await createPool(system, pool)
    const worker = await startWorker(pool)
    const run = await createRun(system, await createCommandDeployment(system, 'echo ready; sleep 1000', { pool }))
    await until('it runs', async () => (await readOutput(system, run)).includes('ready'), 30)
    await cancelRun(system, run)
    await waitForState(system, run, 'CANCELLED')
    expect((await attemptProcesses(system.home)).filter(({ flowRunId }) => flowRunId === run.id)).toEqual([])
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('comes again when the server was away, and a worker that is full gets the rest as its slots are freed', async () => {
    const pool = 'away'
    await createPool(system, pool)
    const deployment = await createCommandDeployment(system, 'sleep 0.2; echo ran', { pool })
    const worker = await startWorker(pool, { args: ['--limit', '1'] })
    await waitForEnd(system, await createRun(system, deployment))
    await system.endServer('SIGKILL')
    await system.startServer()
    const runs = await Promise.all([1, 2, 3].map(() => createRun(system, deployment)))
    for (const run of runs) expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('costs a worker that waits for it less than a request in ten seconds', async () => {
    const pool = 'idle'
    await createPool(system, pool)
    const deployment = await createCommandDeployment(system, 'echo ran', { pool })
    const { proxy, url: apiUrl } = await FaultyProxy.start(system.url)
    try {
      await system.startWorker({ pool, name: pool, apiUrl, environment: DEFAULTS })
      await waitForEnd(system, await createRun(system, deployment))
      // What follows the end: events, the removal.
      await sleep(3000)
      const before = proxy.requests.length
      await sleep(30_000)
      expect(proxy.requests.slice(before).length).toBeLessThanOrEqual(3)
    } finally {
      await proxy.close()
    }
  })
})
