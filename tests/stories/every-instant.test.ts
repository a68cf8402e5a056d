import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { FaultyProxy, MESSAGES } from '../support/faulty-proxy.ts'
import {
  createCommandDeployment,
  createPool,
  createRun,
  readOutput,
  readStateNames,
  type System,
  startSystem,
  waitForEnd,
  waitUntilClean,
} from '../support/system.ts'

const LINES = ['one', 'two', 'three']
const names = Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]

describe.each(databaseKinds)('a plain command on %s runs exactly once', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
  })
  afterAll(() => system?.close())

  /** A run that leaves a line in a file for each time that it is executed. */
  async function createCountedRun(pool: string) {
    await createPool(system, pool)
    const file = join(system.home, `${pool}.executions`)
    const command = `echo executed >>${file}; ${LINES.map((line) => `echo ${line}`).join('; ')}`
    const run = await createRun(system, await createCommandDeployment(system, command, { pool }))
    return { run, executions: async () => (await readFile(file, 'utf8')).trim().split('\n').length }
  }

  async function expectWholeRun({ run, executions }: Awaited<ReturnType<typeof createCountedRun>>) {
    expect(await waitForEnd(system, run, 30)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await executions()).toBe(1)
    expect(await readOutput(system, run)).toEqual(LINES)
    const states = await readStateNames(system, run)
    expect(states.at(-1)).toBe('Completed')
    expect(states.filter((name) => name === 'Running' || name === 'Completed')).toEqual(['Running', 'Completed'])
  }

  /** A proxy and a worker of its own for each, so that they can run side by side. */
  async function withProxy(work: (proxy: FaultyProxy, apiUrl: string) => Promise<void>) {
    const { proxy, url } = await FaultyProxy.start(system.url)
    try {
      await work(proxy, url)
    } finally {
      await proxy.close()
    }
  }

  describe('when an answer is lost', () => {
    it.concurrent.each(names)('of %s', (name) =>
      withProxy(async (proxy, apiUrl) => {
        const pool = `lost-${name}`
        const fault = proxy.lose({ pattern: MESSAGES[name], at: 'answer' })
        const counted = await createCountedRun(pool)
        const worker = await system.startWorker({ name: pool, pool, apiUrl })
        await fault.happened
        await expectWholeRun(counted)
        expect(await worker.end('SIGTERM')).toBe(0)
      }),
    )
  })

  describe('when its worker is killed', () => {
    const instants = names.flatMap((name) => [
      { name, at: 'request' as const, when: `before ${name} reaches the server` },
      { name, at: 'answer' as const, when: `before ${name} is answered` },
    ])

    it.concurrent.each(instants)('$when', ({ name, at }) =>
      withProxy(async (proxy, apiUrl) => {
        const pool = `killed-${name}-${at}`
        const fault = proxy.hold({ pattern: MESSAGES[name], at })
        const counted = await createCountedRun(pool)
        const killed = await system.startWorker({ name: pool, pool, apiUrl, withoutWaiting: true })
        await fault.happened
        await killed.end('SIGKILL')
        fault.lose()
        const next = await system.startWorker({ name: pool, pool, withoutWaiting: true })
        await expectWholeRun(counted)
        expect(await next.end('SIGTERM')).toBe(0)
      }),
    )
  })

  it('and nothing is left of any of them', () => waitUntilClean(system.home))
})
