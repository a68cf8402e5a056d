import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { until } from '../support/network.ts'
import {
  attemptProcesses,
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

/** The lease of these systems, in seconds; it is 45 otherwise. */
const LEASE_SECONDS = 3

describe.each(databaseKinds)('a worker that is killed, on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind, { AEDILE_SERVER_ATTEMPT_LEASE_SECONDS: String(LEASE_SECONDS) })
  })
  afterAll(() => system?.close())

  /** Ten runs that count until they are told to stop; the odd ones fail then. */
  async function startTenRuns(pool: string) {
    await createPool(system, pool)
    const stop = join(system.home, `${pool}.stop`)
    const executions = join(system.home, `${pool}.executions`)
    const command = `echo run >>${executions}; n=0; until [ -e ${stop}.$CODE ]; do n=$((n+1)); echo "line $n"; sleep 0.05; done; exit $CODE`
    const deployment = await createCommandDeployment(system, command, { pool })
    const runs = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const code = index % 2
        const run = await createRun(system, deployment, { job_variables: { env: { CODE: String(code) } } })
        return { ...run, code }
      }),
    )
    return {
      runs,
      stop: (code: 0 | 1) => writeFile(`${stop}.${code}`, ''),
      executions: async () => (await readFile(executions, 'utf8')).split('\n').length - 1,
    }
  }

  async function expectTrueEnds(runs: { id: string; code: number }[]) {
    for (const run of runs) {
      expect(await waitForEnd(system, run)).toMatchObject({ state_type: run.code === 0 ? 'COMPLETED' : 'CRASHED' })
      const lines = await readOutput(system, run)
      expect(lines.length).toBeGreaterThan(3)
      expect(lines).toEqual(Array.from(lines, (_, index) => `line ${index + 1}`))
    }
  }

  it('with ten runs follows them again when it is back: true ends, all output once, nothing left', async () => {
    const pool = 'back'
    const { runs, stop, executions } = await startTenRuns(pool)
    const killed = await system.startWorker({ pool, name: pool })
    await Promise.all(runs.map((run) => waitForState(system, run, 'RUNNING')))
    await until(
      'each run has written',
      async () => (await Promise.all(runs.map((run) => readOutput(system, run)))).every((lines) => lines.length > 3),
      30,
    )
    await killed.end('SIGKILL')
    // Half of them end while nobody looks.
    expect(await attemptProcesses(system.home)).not.toHaveLength(0)
    await stop(1)
    const back = performance.now()
    const next = await system.startWorker({ pool, name: pool })
    await stop(0)
    await expectTrueEnds(runs)
    expect((performance.now() - back) / 1000).toBeLessThan(30)
    await waitUntilClean(system.home)
    expect(await executions()).toBe(10)
    expect(await next.end('SIGTERM')).toBe(0)
  })

  it('and never comes back loses its runs to another worker of the host, which follows them to their ends', async () => {
    const pool = 'taken'
    const { runs, stop, executions } = await startTenRuns(pool)
    const killed = await system.startWorker({ pool, name: 'gone' })
    await Promise.all(runs.map((run) => waitForState(system, run, 'RUNNING')))
    await killed.end('SIGKILL')
    const other = await system.startWorker({ pool, name: 'other' })
    const takenOver = async () =>
      (
        await system.database.read<{ worker: string }>(`select worker from flow_run_attempt where work_pool_name = '${pool}'`)
      ).every(({ worker }) => worker === 'other')
    await until('all are taken over', takenOver, 30)
    await stop(0)
    await stop(1)
    await expectTrueEnds(runs)
    await waitUntilClean(system.home)
    expect(await executions()).toBe(10)
    expect(await other.end('SIGTERM')).toBe(0)
  })
})
