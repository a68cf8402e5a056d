import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDeployment } from '@aedile/core/client/deployments'
import { createFlow } from '@aedile/core/client/flows'
import { createWorkPool } from '@aedile/core/client/work-pools'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, until } from '../support/network.ts'
import { type Program, REPOSITORY, startAedile } from '../support/program.ts'
import {
  createCommandDeployment,
  createRun,
  readLogs,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
  waitUntilClean,
} from '../support/system.ts'

const LAX = {
  job_configuration: { command: '{{ command }}', env: '{{ env }}' },
  variables: { properties: { command: {}, env: {} } },
}

let system: System
let worker: Program
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aedile-flows-'))
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  system = await startSystem()
  await createWorkPool(system.client, { name: 'lax', type: 'process', base_job_template: LAX })
  worker = await system.startWorker({ pool: 'lax' })
})
afterAll(async () => {
  await system?.close()
  await rm(folder, { recursive: true, force: true })
})

async function runFlow(entrypoint: string): Promise<FlowRun> {
  const flow = await createFlow(system.client, { name: 'bad' })
  const made = { name: entrypoint.replace(/\W/g, '-'), flow_id: flow.id, work_pool_name: 'lax' }
  return waitForEnd(system, await createRun(system, await createDeployment(system.client, { ...made, path: folder, entrypoint })))
}

const FLOW = "import { flow } from '@aedile/sdk/flow'\nexport const daily = flow({ name: 'daily' }, async () => {})\n"

describe('a run that cannot be started is Crashed with the reason', () => {
  it.each([
    [
      'a flow file with a syntax error',
      'broken.ts',
      'export const main = (\n',
      /cannot be loaded: .*broken\.ts:1: Expression expected$/,
    ],
    ['a flow file without the named flow', 'other.ts', FLOW, /other\.ts has no flow named main\. Flows found there: daily\.$/],
    [
      'a flow file with an import that there is not',
      'lost.ts',
      "import 'no-such-package'\n",
      /cannot be loaded: .*lost\.ts.*no-such-package/,
    ],
    ['a flow file that is not there', 'nowhere.ts', null, /The flow file .*nowhere\.ts does not exist/],
  ])('%s', async (_what, file, text, reason) => {
    if (text !== null) await writeFile(join(folder, file), text)
    const run = await runFlow(`${file}:main`)
    expect(run.state_type).toBe('CRASHED')
    expect(run.state?.message).toMatch(reason)
    const told = (await readLogs(system, run)).filter(({ level }) => level >= 40).map(({ message }) => message)
    expect(told.join('\n')).not.toMatch(/^\s+at /m)
  })

  it.each([
    ['an empty command', { command: '  ' }, /Process cannot be run with empty command\.$/],
    [
      'a command that cannot be split',
      { command: '/bin/echo "open' },
      /\/bin\/echo "open cannot be split into words: a " is never closed\.$/,
    ],
    ['a variable of the wrong type', { env: 'none' }, /The template is not valid at \/env: expected a mapping, found "none"\.$/],
  ])('%s', async (_what, variables, reason) => {
    // A pool without a schema of its own lets everything through; what is wrong shows when the job is rendered.
    const deployment = await createCommandDeployment(system, 'true', { pool: 'lax', variables })
    const run = await waitForEnd(system, await createRun(system, deployment))
    expect(run.state_type).toBe('CRASHED')
    expect(run.state?.message).toMatch(reason)
  })

  it('and costs the worker nothing: the next run goes well, and nothing is left of the others', async () => {
    const run = await createRun(system, await createCommandDeployment(system, 'echo fine', { pool: 'lax' }))
    await waitForState(system, run, 'COMPLETED')
    expect(worker.child.exitCode).toBeNull()
    await waitUntilClean(system.home)
    expect(worker.stderr()).not.toContain('    at ')
  })
})

it('a worker that starts before its server says so, and begins when the server is there', async () => {
  const port = await freePort()
  const home = join(folder, 'home')
  const url = `http://127.0.0.1:${port}/api`
  const early = startAedile(['worker', 'start', '--pool', 'early'], { AEDILE_HOME: home, AEDILE_API_URL: url })
  await until('it says that there is no server', async () => early.stderr().includes('cannot be reached'), 30)
  const server = startAedile(['server', 'start', '--port', String(port)], { AEDILE_HOME: home })
  await until('it begins', async () => early.stderr().includes('started for work pool'), 60)
  const complaints = early
    .stderr()
    .split('\n')
    .filter((line) => line.includes('cannot be reached'))
  for (const line of complaints) {
    expect(JSON.parse(line)).toMatchObject({ level: 40, msg: expect.stringContaining(url), err: { code: 'api_unreachable' } })
    expect(line).toContain('ECONNREFUSED')
    expect(line).not.toContain('    at ')
  }
  expect(await early.end('SIGTERM')).toBe(0)
  expect(await server.end('SIGTERM')).toBe(0)
})
