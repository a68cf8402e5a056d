import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { until } from '../support/network.ts'
import {
  createCommandDeployment,
  createPool,
  createRun,
  readOutput,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
  waitUntilClean,
} from '../support/system.ts'

describe.each(databaseKinds)('a worker on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
  })
  afterAll(() => system?.close())

  /** A run that goes on until `open` is called. */
  async function createGatedRun(pool: string) {
    await createPool(system, pool)
    const gate = join(system.home, `${pool}.gate`)
    const deployment = await createCommandDeployment(system, `until [ -e ${gate} ]; do sleep 0.05; done; echo done`, { pool })
    return { deployment, run: await createRun(system, deployment), open: () => writeFile(gate, '') }
  }

  it('drains at SIGTERM: it takes no more runs, and ends when the present ones have ended', async () => {
    const pool = 'drain'
    const { run, deployment, open } = await createGatedRun(pool)
    const worker = await system.startWorker({ pool, name: pool })
    await waitForState(system, run, 'RUNNING')
    worker.child.kill('SIGTERM')
    await until('it says so', async () => /Waiting for 1 run to end/.test(worker.stdout() + worker.stderr()), 10)
    const later = await createRun(system, deployment)
    await open()
    expect(await worker.ended).toBe(0)
    expect(await readFlowRun(system.client, run.id)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readFlowRun(system.client, later.id)).toMatchObject({ state_type: 'SCHEDULED' })
    await waitUntilClean(system.home)
  })

  it('ends at once at a second signal; its runs go on, and the next worker of its name follows them', async () => {
    const pool = 'twice'
    const { run, open } = await createGatedRun(pool)
    const worker = await system.startWorker({ pool, name: pool })
    await waitForState(system, run, 'RUNNING')
    worker.child.kill('SIGINT')
    await until('it drains', async () => /Waiting for 1 run to end/.test(worker.stdout() + worker.stderr()), 10)
    worker.child.kill('SIGINT')
    expect(await worker.ended).toBe(0)
    await open()
    const next = await system.startWorker({ pool, name: pool })
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readOutput(system, run)).toEqual(['done'])
    expect(await next.end('SIGTERM')).toBe(0)
  })

  it('with --run-once takes what is due, waits for it, and ends', async () => {
    const pool = 'once'
    await createPool(system, pool)
    const deployment = await createCommandDeployment(system, 'sleep 0.5; echo ran', { pool })
    const runs = [await createRun(system, deployment), await createRun(system, deployment)]
    const worker = await system.startWorker({ pool, name: pool, args: ['--run-once'], withoutWaiting: true })
    expect(await worker.ended).toBe(0)
    for (const run of runs) expect(await readFlowRun(system.client, run.id)).toMatchObject({ state_type: 'COMPLETED' })
  })

  it('with --limit 1 has one run at a time, and takes the next one as soon as its slot is free', async () => {
    const pool = 'limit'
    await createPool(system, pool)
    const diary = join(system.home, 'diary')
    const deployment = await createCommandDeployment(system, `echo start >>${diary}; sleep 0.2; echo end >>${diary}`, { pool })
    const runs = await Promise.all(Array.from({ length: 4 }, () => createRun(system, deployment)))
    // With this interval only a freed slot can be what it waits for.
    const slow = { AEDILE_WORKER_QUERY_SECONDS: '600' }
    const worker = await system.startWorker({ pool, name: pool, args: ['--limit', '1'], environment: slow })
    for (const run of runs) expect(await waitForEnd(system, run, 30)).toMatchObject({ state_type: 'COMPLETED' })
    expect((await readFile(diary, 'utf8')).trim().split('\n')).toEqual(runs.flatMap(() => ['start', 'end']))
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('claims a run ahead within its prefetch window, and starts a command when it is due, not before', async () => {
    const pool = 'prefetch'
    await createPool(system, pool)
    const deployment = await createCommandDeployment(system, 'date +%s%3N', { pool })
    const due = Date.now() + 3000
    const scheduled = { type: 'SCHEDULED' as const, state_details: { scheduled_time: new Date(due).toISOString() } }
    const run = await createRun(system, deployment, { state: scheduled })
    const worker = await system.startWorker({ pool, name: pool })
    await waitForState(system, run, 'PENDING', 10)
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    expect(Number((await readOutput(system, run))[0])).toBeGreaterThanOrEqual(due)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('answers whether it is well', async () => {
    const pool = 'health'
    const worker = await system.startWorker({
      pool,
      name: pool,
      args: ['--with-healthcheck'],
      environment: { AEDILE_WORKER_WEBSERVER_PORT: '0' },
    })
    const url = /Health endpoint: (http:\S+?\/health)/.exec(worker.stdout() + worker.stderr())?.[1]
    expect(url).toBeTruthy()
    const answer = await fetch(url!)
    expect([answer.status, await answer.json()]).toEqual([200, { message: 'OK' }])
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('shares a pool with another one: of 40 runs that are due at once each is executed exactly once', async () => {
    const pool = 'shared'
    await createPool(system, pool)
    const executions = join(system.home, 'executions')
    const deployment = await createCommandDeployment(system, `echo $PREFECT__FLOW_RUN_ID >>${executions}`, { pool })
    const runs = await Promise.all(Array.from({ length: 40 }, () => createRun(system, deployment)))
    const workers = await Promise.all(['one', 'two'].map((name) => system.startWorker({ pool, name })))
    for (const run of runs) expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    const executed = (await readFile(executions, 'utf8')).trim().split('\n')
    expect(executed.toSorted()).toEqual(runs.map((run) => run.id).toSorted())
    await waitUntilClean(system.home)
    for (const worker of workers) expect(await worker.end('SIGTERM')).toBe(0)
  })
})
