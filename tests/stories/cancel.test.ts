import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { FaultyProxy, MESSAGES } from '../support/faulty-proxy.ts'
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
  waitForState,
  waitUntilClean,
} from '../support/system.ts'

/** Runs for ever, and so does a child in a session of its own. */
const OBEDIENT = 'setsid sleep 1000 & echo ready; sleep 1000'
/** Both ignore to be asked. */
const STUBBORN = `trap "" TERM; setsid sh -c "trap \\"\\" TERM; while :; do sleep 1; done" & echo ready; while :; do sleep 1; done`

describe.each(databaseKinds)('a run that is cancelled on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
  })
  afterAll(() => system?.close())

  const processesOf = async (run: { id: string }) =>
    (await attemptProcesses(system.home)).filter(({ flowRunId }) => flowRunId === run.id)

  async function startRun(pool: string, command: string) {
    await createPool(system, pool)
    const run = await createRun(system, await createCommandDeployment(system, command, { pool }))
    const worker = await system.startWorker({ pool, name: pool })
    await until('it runs', async () => (await readOutput(system, run)).includes('ready'), 30)
    await until('its grandchild runs', async () => (await processesOf(run)).length >= 3, 10)
    return { run, worker }
  }

  /** Looks at the processes at the moment the state says Cancelled, as often as the state is asked. */
  async function expectGoneWhenCancelled(run: { id: string }) {
    await waitForState(system, run, 'CANCELLED')
    expect(await processesOf(run)).toEqual([])
    await waitUntilClean(system.home)
  }

  it('while Scheduled is Cancelled at once, and never runs', async () => {
    const pool = 'scheduled'
    await createPool(system, pool)
    const run = await createRun(system, await createCommandDeployment(system, 'echo ran', { pool }))
    await cancelRun(system, run)
    expect(await waitForState(system, run, 'CANCELLED', 5)).toBeTruthy()
    const worker = await system.startWorker({ pool, name: pool, args: ['--run-once'] })
    expect(await worker.ended).toBe(0)
    expect(await readStateNames(system, run)).not.toContain('Pending')
    expect(await readOutput(system, run)).toEqual([])
  })

  it.each([
    ['before anything is intended', 'intend', 'request'],
    ['after the intent was accepted', 'intend', 'answer'],
  ] as const)('while Pending, %s, is Cancelled and never runs', async (_, name, at) => {
    const pool = `pending-${name}-${at}`
    await createPool(system, pool)
    const run = await createRun(system, await createCommandDeployment(system, 'echo ran', { pool }))
    const { proxy, url: apiUrl } = await FaultyProxy.start(system.url)
    try {
      const fault = proxy.hold({ pattern: MESSAGES[name], at })
      const worker = await system.startWorker({ pool, name: pool, apiUrl })
      await fault.happened
      await cancelRun(system, run)
      fault.lose()
      await expectGoneWhenCancelled(run)
      expect(await readOutput(system, run)).toEqual([])
      expect(await readStateNames(system, run)).not.toContain('Running')
      expect(await worker.end('SIGTERM')).toBe(0)
    } finally {
      await proxy.close()
    }
  })

  it.each([
    ['obedient', OBEDIENT],
    ['stubborn', STUBBORN],
  ])('while Running, %s, is gone when it says Cancelled, a child of its own session included', async (name, command) => {
    const { run, worker } = await startRun(`running-${name}`, command)
    await cancelRun(system, run)
    await expectGoneWhenCancelled(run)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it.each([
    ['obedient', OBEDIENT],
    ['stubborn', STUBBORN],
  ])('while its worker is down, %s, is stopped when the worker is back', async (name, command) => {
    const pool = `down-${name}`
    const { run, worker } = await startRun(pool, command)
    await worker.end('SIGKILL')
    await cancelRun(system, run)
    expect((await processesOf(run)).length).toBeGreaterThan(2)
    expect((await waitForState(system, run, 'CANCELLING')).state_type).toBe('CANCELLING')
    const next = await system.startWorker({ pool, name: pool })
    await expectGoneWhenCancelled(run)
    expect(await next.end('SIGTERM')).toBe(0)
  })

  it('while its worker is down between intent and start is Cancelled and never runs', async () => {
    const pool = 'down-intended'
    await createPool(system, pool)
    const run = await createRun(system, await createCommandDeployment(system, 'echo ran', { pool }))
    const { proxy, url: apiUrl } = await FaultyProxy.start(system.url)
    const fault = proxy.hold({ pattern: MESSAGES.intend, at: 'answer' })
    const worker = await system.startWorker({ pool, name: pool, apiUrl })
    await fault.happened
    await worker.end('SIGKILL')
    await proxy.close()
    await cancelRun(system, run)
    const next = await system.startWorker({ pool, name: pool })
    await expectGoneWhenCancelled(run)
    expect(await readOutput(system, run)).toEqual([])
    expect(await next.end('SIGTERM')).toBe(0)
  })
})
