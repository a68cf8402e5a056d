import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@aedile/core/client/client'
import { createFlowRun, filterFlowRuns, readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { createFlow } from '@aedile/core/client/flows'
import { filterLogs, sendLogs } from '@aedile/core/client/logs'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
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

/** 50 in all. */
const KILLS = 50 / databaseKinds.length
const WRITERS = 8
/** Runs that are created, logged and set Running between two kills, at least. */
const RUNS = 12

describe.each(databaseKinds)('a server on %s that is killed', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
    // One clean end keeps what was compiled, so that the many starts below are quick.
    await system.endServer('SIGTERM')
    await system.startServer()
    await createPool(system)
  })
  afterAll(() => system?.close())

  it('while runs run misses nothing: output and end arrive whole when it is back', async () => {
    const worker = await system.startWorker()
    const stop = join(system.home, 'stop')
    const command = `n=0; until [ -e ${stop} ]; do n=$((n+1)); echo "line $n"; sleep 0.02; done; echo last`
    const deployment = await createCommandDeployment(system, command)
    const ending = await createRun(system, deployment)
    const other = await createRun(system, await createCommandDeployment(system, 'sleep 6; echo slept'))
    await until('output arrives', async () => (await readOutput(system, ending)).length > 5, 30)
    await waitForState(system, other, 'RUNNING')
    await system.endServer('SIGKILL')
    // One run ends while the server is away.
    await writeFile(stop, '')
    await until('the worker has noticed', async () => /failed; trying on/.test(worker.stdout() + worker.stderr()), 30)
    await system.startServer()
    expect(await waitForEnd(system, ending)).toMatchObject({ state_type: 'COMPLETED' })
    const lines = await readOutput(system, ending)
    expect(lines).toEqual([...Array.from(lines.slice(0, -1), (_, index) => `line ${index + 1}`), 'last'])
    expect(await waitForEnd(system, other)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readOutput(system, other)).toEqual(['slept'])
    await waitUntilClean(system.home)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('is asked for work again within 10 seconds, also by a worker that was started meanwhile', async () => {
    const deployment = await createCommandDeployment(system, 'echo "ran on $PREFECT__WORKER_NAME"')
    await system.endServer('SIGKILL')
    const worker = await system.startWorker({ name: 'early', withoutWaiting: true })
    await until(
      'the worker says what it waits for',
      async () => /cannot be reached yet/.test(worker.stdout() + worker.stderr()),
      60,
    )
    await system.startServer()
    const back = performance.now()
    const run = await createRun(system, deployment)
    await waitForState(system, run, 'COMPLETED', 30)
    expect((performance.now() - back) / 1000).toBeLessThan(10)
    expect(await readOutput(system, run)).toEqual(['ran on early'])
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it(`${KILLS} times under load loses nothing that it had answered`, async () => {
    const client = createClient({ apiUrl: system.url, maxRetries: 0, timeoutSeconds: 10, csrf: false })
    const flow = await createFlow(client, { name: 'load' })
    const created = new Set<string>()
    const logged = new Set<string>()
    const running = new Set<string>()

    /** Ends with the first answer that does not come. */
    async function write(): Promise<void> {
      for (;;) {
        const run = await createFlowRun(client, { flow_id: flow.id, state: { type: 'PENDING' } })
        created.add(run.id)
        const timestamp = formatTimestamp(nowMicroseconds())
        await sendLogs(client, [{ name: 'load', level: 20, message: run.id, timestamp, flow_run_id: run.id }])
        logged.add(run.id)
        await setFlowRunState(client, run.id, { type: 'RUNNING' })
        running.add(run.id)
      }
    }

    for (let kill = 0; kill < KILLS; kill++) {
      const enough = running.size + RUNS
      const writers = Array.from({ length: WRITERS }, () => write().catch(() => {}))
      await until('the load is on', async () => running.size >= enough, 30)
      await system.endServer('SIGKILL')
      await Promise.all(writers)
      await system.startServer()
    }

    const found = new Map<string, string | null>()
    for (const ids of pagesOf([...created])) {
      const runs = await filterFlowRuns(client, { flow_runs: { id: { any_: ids } }, limit: 200 })
      for (const run of runs) found.set(run.id, run.state_type)
    }
    expect([...created].filter((id) => !found.has(id))).toEqual([])
    expect([...running].filter((id) => found.get(id) !== 'RUNNING')).toEqual([])
    const lines = new Set<string>()
    for (const ids of pagesOf([...logged])) {
      const logs = await filterLogs(client, { logs: { flow_run_id: { any_: ids } }, limit: 200 })
      for (const log of logs) lines.add(log.message)
    }
    expect([...logged].filter((id) => !lines.has(id))).toEqual([])
    expect(await readFlowRun(client, [...running].at(-1)!)).toMatchObject({ state_type: 'RUNNING', run_count: 1 })
  })
})

function pagesOf(ids: string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / 100) }, (_, page) => ids.slice(page * 100, page * 100 + 100))
}
