import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { createWorkPool, deleteWorkPool, readWorkPool, updateWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { until } from '../support/network.ts'
import {
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

describe.each(databaseKinds)('a worker on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
  })
  afterAll(() => system?.close())

  it('takes no run of a paused pool, and takes it when the pool is resumed', async () => {
    const pool = 'paused'
    await createPool(system, pool)
    await updateWorkPool(system.client, pool, { is_paused: true })
    const run = await createRun(system, await createCommandDeployment(system, 'echo ran', { pool }))
    const once = await system.startWorker({ pool, name: pool, args: ['--run-once'], withoutWaiting: true })
    expect(await once.ended).toBe(0)
    expect(once.stdout() + once.stderr()).toMatch(/paused/)
    expect(await readFlowRun(system.client, run.id)).toMatchObject({ state_type: 'SCHEDULED' })
    const worker = await system.startWorker({ pool, name: pool })
    await updateWorkPool(system.client, pool, { is_paused: false })
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('follows its runs to their ends when their pool is deleted meanwhile, says what it misses, and goes on with a new one', async () => {
    const pool = 'deleted'
    await createPool(system, pool)
    const gate = join(system.home, 'gate')
    const deployment = await createCommandDeployment(system, `until [ -e ${gate} ]; do sleep 0.05; done; echo done`, { pool })
    const run = await createRun(system, deployment)
    const worker = await system.startWorker({ pool, name: pool, environment: { AEDILE_WORKER_HEARTBEAT_SECONDS: '0.3' } })
    await waitForState(system, run, 'RUNNING')
    await deleteWorkPool(system.client, pool)
    const text = () => worker.stdout() + worker.stderr()
    await until('it says what it misses', async () => text().includes('There is no work pool deleted'), 20)
    await writeFile(gate, '')
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readOutput(system, run)).toEqual(['done'])
    await waitUntilClean(system.home)
    await expect(readWorkPool(system.client, pool)).rejects.toMatchObject({ code: 'api_not_found' })
    await createPool(system, pool)
    const next = await createRun(system, await createCommandDeployment(system, 'echo next', { pool }))
    expect(await waitForEnd(system, next, 30)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it.each<[string, JsonObject, RegExp]>([
    ['names a block that does not exist', { command: '{{ prefect.blocks.secret.no-such-block }}' }, /no-such-block/],
    ['names a command that no shell can split', { command: `echo "never closed` }, /Failed to submit flow run to infrastructure/],
  ])('crashes a run whose template %s, with the reason, before anything is started', async (_, configuration, reason) => {
    const pool = `template-${Object.values(configuration).join('').length}`
    const template = { job_configuration: { env: {}, ...configuration }, variables: { type: 'object', properties: {} } }
    await createWorkPool(system.client, { name: pool, type: 'process', base_job_template: template })
    const run = await createRun(system, await createCommandDeployment(system, 'echo ran', { pool, body: { job_variables: {} } }))
    const worker = await system.startWorker({ pool, name: pool })
    const ended = await waitForEnd(system, run)
    expect(ended).toMatchObject({ state_type: 'CRASHED' })
    expect(ended.state?.message).toMatch(reason)
    expect(await readStateNames(system, run)).toEqual(['Scheduled', 'Pending', 'Crashed'])
    expect(await readOutput(system, run)).toEqual([])
    await waitUntilClean(system.home)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('of the wrong type ends with a sentence that says what to do', async () => {
    await createWorkPool(system.client, { name: 'other-type', type: 'kubernetes', base_job_template: {} })
    const worker = await system.startWorker({ pool: 'other-type', args: ['--type', 'process'], withoutWaiting: true })
    expect(await worker.ended).not.toBe(0)
    expect(worker.stderr()).toContain('Work pool other-type is of type kubernetes, this worker is of type process.')
  })

  it.each(['a/b', '50%'])('named %s ends with a sentence', async (name) => {
    const worker = await system.startWorker({ name, withoutWaiting: true })
    expect(await worker.ended).not.toBe(0)
    expect(worker.stderr()).toContain(`The worker's name is ${name}. It must not contain '/' or '%'.`)
  })

  it('whose name no header can carry runs like any other', async () => {
    const pool = 'names'
    await createPool(system, pool)
    const run = await createRun(system, await createCommandDeployment(system, 'echo ran', { pool }))
    const worker = await system.startWorker({ pool, name: 'Würfel → 🎲' })
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await worker.end('SIGTERM')).toBe(0)
  })
})
