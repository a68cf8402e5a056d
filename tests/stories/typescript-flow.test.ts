import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDeployment } from '@aedile/core/client/deployments'
import { createFlow } from '@aedile/core/client/flows'
import type { JsonObject } from '@aedile/core/json'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { until } from '../support/network.ts'
import { REPOSITORY } from '../support/program.ts'
import {
  attemptProcesses,
  cancelRun,
  createPool,
  createRun,
  endProcess,
  POOL,
  readLogs,
  readOutput,
  readStateNames,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
  waitUntilClean,
} from '../support/system.ts'

describe.each(databaseKinds)('a flow in TypeScript on %s', (kind) => {
  let system: System
  beforeAll(async () => {
    system = await startSystem(kind)
    await createPool(system)
  })
  afterAll(() => system?.close())

  async function createFlowRunOf(name: string, parameters: JsonObject = {}, jobVariables: JsonObject = {}) {
    const flow = await createFlow(system.client, { name })
    const deployment = await createDeployment(system.client, {
      name,
      flow_id: flow.id,
      work_pool_name: POOL,
      entrypoint: `flows/stories.entry.ts:${name}`,
      job_variables: jobVariables,
      enforce_parameter_schema: false,
      pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: join(REPOSITORY, 'tests/stories') } }],
    })
    return createRun(system, deployment, { parameters })
  }

  const processesOf = async (run: { id: string }) =>
    (await attemptProcesses(system.home)).filter(({ flowRunId }) => flowRunId === run.id)

  it('is followed to its end by a new worker, and by a server that was killed too: one execution, all lines once', async () => {
    const [gate, executions] = [join(system.home, 'gate'), join(system.home, 'executions')]
    const run = await createFlowRunOf('counting', { gate, executions })
    const killed = await system.startWorker()
    await until('it prints', async () => (await readOutput(system, run)).length > 3, 60)
    await killed.end('SIGKILL')
    await system.endServer('SIGKILL')
    await system.startServer()
    const next = await system.startWorker()
    const before = (await readOutput(system, run)).length
    await until('it prints on', async () => (await readOutput(system, run)).length > before + 3, 60)
    await writeFile(gate, '')
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
    await waitUntilClean(system.home)
    expect(await readFile(executions, 'utf8')).toBe('executed\n')
    const printed = (await readOutput(system, run)).filter((line) => line.startsWith('printed'))
    expect(printed).toEqual(printed.map((_, index) => `printed ${index + 1}`))
    const counted = (await readLogs(system, run)).map(({ message }) => message).filter((line) => line.startsWith('counted'))
    expect(new Set(counted).size).toBe(printed.length)
    expect((await readStateNames(system, run)).slice(-2)).toEqual(['Running', 'Completed'])
    expect(await next.end('SIGTERM')).toBe(0)
  })

  it.each(['waiting', 'obeying'])(
    'that is cancelled while %s is gone when it says Cancelled, with the stubborn child of its own session',
    async (name) => {
      const run = await createFlowRunOf(name)
      const worker = await system.startWorker()
      await until('it is ready', async () => (await readOutput(system, run)).includes('ready'), 60)
      expect((await processesOf(run)).length).toBeGreaterThanOrEqual(3)
      await cancelRun(system, run)
      await waitForState(system, run, 'CANCELLED')
      expect(await processesOf(run)).toEqual([])
      expect((await readStateNames(system, run)).slice(-2)).toEqual(['Cancelling', 'Cancelled'])
      await waitUntilClean(system.home)
      expect(await worker.end('SIGTERM')).toBe(0)
    },
  )

  it('that a command of its own starts reports by itself, and its lines stand in the log once', async () => {
    const [gate, executions, launch] = ['open', 'launched', 'launch.sh'].map((name) => join(system.home, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(gate, '')
    const execute = join(REPOSITORY, 'packages/sdk/bin/aedile-execute.js')
    await writeFile(launch, `exec "${process.execPath}" --conditions=aedile-source "${execute}"\n`)
    const run = await createFlowRunOf('counting', { gate, executions }, { command: `sh "${launch}"` })
    const worker = await system.startWorker()
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED', run_count: 1 })
    expect(await readFile(executions, 'utf8')).toBe('executed\n')
    const finished = (await readLogs(system, run)).filter(({ message }) => message.includes('Finished in state'))
    expect(finished).toHaveLength(1)
    await waitUntilClean(system.home)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('whose process is killed is Crashed with the signal', async () => {
    const run = await createFlowRunOf('waiting')
    const worker = await system.startWorker()
    await waitForState(system, run, 'RUNNING')
    const engine = (await processesOf(run)).find(
      ({ command }) => command.includes('aedile-execute') && !command.startsWith('/bin/sh'),
    )
    endProcess(engine!.pid)
    const ended = await waitForEnd(system, run)
    expect(ended).toMatchObject({ state_type: 'CRASHED' })
    expect(ended.state?.message).toContain('Process exited with status code: -9.')
    await waitUntilClean(system.home)
    expect(await worker.end('SIGTERM')).toBe(0)
  })
})
