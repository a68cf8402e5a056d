import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { type Fault, FaultyProxy, MESSAGES } from '../support/faulty-proxy.ts'
import { until } from '../support/network.ts'
import {
  createCommandDeployment,
  createPool,
  createRun,
  leftovers,
  readOutput,
  readStateNames,
  type System,
  startSystem,
  waitForEnd,
  waitUntilClean,
} from '../support/system.ts'

const LINES = ['one', 'two', 'three']
const names = Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]
const INSTANTS = names.flatMap((name) => [
  { name, at: 'request' as const, when: `before ${name} reaches the server` },
  { name, at: 'answer' as const, when: `before ${name} is answered` },
])

/** Every instant has a run of its own, and all runs have one worker: it dies once, and each run is at its instant. */
describe.each(databaseKinds)('a plain command on %s runs exactly once', (kind) => {
  let system: System
  let proxy: FaultyProxy
  let apiUrl: string
  beforeAll(async () => {
    system = await startSystem(kind, { AEDILE_SERVER_ATTEMPT_LEASE_SECONDS: '3' })
    ;({ proxy, url: apiUrl } = await FaultyProxy.start(system.url))
  })
  afterAll(async () => {
    await system?.close()
    await proxy?.close()
  })

  const executionsPath = (run: FlowRun) => join(system.home, `${run.id}.executions`)

  /** A deployment whose runs leave a line in a file of their own for each time that they are executed. */
  async function createCountingDeployment(pool: string) {
    await createPool(system, pool)
    const output = LINES.map((line) => `echo ${line}`).join('; ')
    const file = '$AEDILE_HOME/$PREFECT__FLOW_RUN_ID.executions'
    return createCommandDeployment(system, `echo executed >>${file}; ${output}`, { pool })
  }

  /**
   * Each run is held at its own instant. When all are there, their worker is killed. One is created after the other, so that
   * no message waits in the request of another's.
   */
  async function killAtEveryInstant(name: string): Promise<FlowRun[]> {
    const deployment = await createCountingDeployment(name)
    const worker = await system.startWorker({ name, pool: name, apiUrl })
    const faults: Fault[] = []
    const runs: FlowRun[] = []
    for (const instant of INSTANTS) {
      const fault = proxy.hold({ pattern: MESSAGES[instant.name], at: instant.at })
      faults.push(fault)
      runs.push(await createRun(system, deployment))
      await fault.happened
    }
    await worker.end('SIGKILL')
    for (const fault of faults) fault.lose()
    return runs
  }

  async function expectWhole(run: FlowRun) {
    expect(await waitForEnd(system, run, 30)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readFile(executionsPath(run), 'utf8')).toBe('executed\n')
    expect(await readOutput(system, run)).toEqual(LINES)
    const states = await readStateNames(system, run)
    expect(states.filter((name) => ['Running', 'Completed', 'Crashed'].includes(name))).toEqual(['Running', 'Completed'])
  }

  describe('when an answer is lost', () => {
    let runs: FlowRun[]
    beforeAll(async () => {
      const deployment = await createCountingDeployment('lost')
      runs = await Promise.all(names.map(() => createRun(system, deployment)))
      const faults = names.map((name, index) => proxy.lose({ pattern: MESSAGES[name], at: 'answer', flowRunId: runs[index]!.id }))
      await system.startWorker({ name: 'lost', pool: 'lost', apiUrl })
      await Promise.all(faults.map((fault) => fault.happened))
    })

    it.each(names)('of %s', (name) => expectWhole(runs[names.indexOf(name)]!))
  })

  describe('when its worker is killed', () => {
    let runs: FlowRun[]
    beforeAll(async () => {
      runs = await killAtEveryInstant('killed')
      await system.startWorker({ name: 'killed', pool: 'killed' })
    })

    it.each(INSTANTS)('$when', ({ when }) => expectWhole(runs[INSTANTS.findIndex((instant) => instant.when === when)]!))
  })

  it('and nothing is left of any of them', () => waitUntilClean(system.home))

  describe('when its worker is killed and never comes back, but another one of the host is there', () => {
    let runs: FlowRun[]
    beforeAll(async () => {
      runs = await killAtEveryInstant('taken')
      await system.startWorker({ name: 'other', pool: 'taken' })
    })

    it.each(INSTANTS)('$when', ({ when }) => expectWhole(runs[INSTANTS.findIndex((instant) => instant.when === when)]!))

    it('and no process and no directory is left', () =>
      until('all is gone', async () => (await leftovers(system.home)).every((path) => path.endsWith('.json')), 20))
  })
})
