import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
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

describe.each(databaseKinds)('a plain command on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
    await createPool(system)
    await system.startWorker()
  })
  afterAll(() => system?.close())

  async function runCommand(command: string, variables = {}) {
    const deployment = await createCommandDeployment(system, command, { variables })
    const run = await createRun(system, deployment)
    return waitForEnd(system, run)
  }

  it('is Completed, with all its output in order', async () => {
    const run = await runCommand('i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done')
    expect(run).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readOutput(system, run)).toEqual(Array.from({ length: 2000 }, (_, index) => `line ${index}`))
    expect(await readStateNames(system, run)).toEqual(['Scheduled', 'Pending', 'Submitting', 'Running', 'Completed'])
    expect(run.infrastructure_pid).toMatch(/^\d+$/)
  })
})
