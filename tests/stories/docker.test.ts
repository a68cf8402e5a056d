import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { readHello } from '@aedile/core/client/attempts'
import { createDeployment } from '@aedile/core/client/deployments'
import { createFlow } from '@aedile/core/client/flows'
import { createWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureImage } from '../../scripts/docker/engine.mjs'
import { until } from '../support/network.ts'
import { REPOSITORY } from '../support/program.ts'
import {
  cancelRun,
  createCommandDeployment,
  createRun,
  readLogs,
  readOutput,
  readStateNames,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
} from '../support/system.ts'

const host = process.env.AEDILE_TEST_DOCKER_HOST
const POOL = 'docker'
/** The lease of this system, in seconds; it is 45 otherwise. */
const LEASE_SECONDS = 3

if (!host) it.skip('runs in containers: needs a Docker engine in AEDILE_TEST_DOCKER_HOST', () => {})

describe.runIf(host)('runs in containers', () => {
  let system: System
  const startWorker = (name: string) => system.startWorker({ pool: POOL, name, environment: { DOCKER_HOST: host! } })
  const deploy = (command: string, variables: JsonObject = {}) => {
    const image = { image: 'aedile-test/busybox:1', auto_remove: true }
    return createCommandDeployment(system, command, { pool: POOL, variables: { ...image, ...variables } })
  }
  const run = async (command: string, variables: JsonObject = {}) => createRun(system, await deploy(command, variables))

  beforeAll(async () => {
    system = await startSystem('sqlite', { AEDILE_SERVER_ATTEMPT_LEASE_SECONDS: String(LEASE_SECONDS) })
    await createWorkPool(system.client, { name: POOL, type: 'docker' })
    owner = (await readHello(system.client))!.server_id
  })
  afterAll(async () => {
    for (const { Id } of await containers()) await ask('DELETE', `/containers/${Id}?force=1`)
    await system?.close()
  })

  it('say what they wrote, how they ended and why; nothing of them is left', async () => {
    const worker = await startWorker('first')
    const good = await run('echo "Hello from $(hostname)"; echo careful >&2')
    const bad = await run('echo before the end; exit 3')
    const big = await run('x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done', { mem_limit: '16m', memswap_limit: '16m' })
    const missing = await run('true', { image: 'aedile-test/none:1', image_pull_policy: 'Never' })
    const unknown = await run('true', { command: 'no-such-command' })
    await ask('POST', '/images/aedile-test/busybox:1/tag?repo=127.0.0.1:9/local&tag=1')
    const local = await run('true', { image: '127.0.0.1:9/local:1', image_pull_policy: 'IfPossible' })

    const completed = await waitForEnd(system, good)
    expect(completed).toMatchObject({ state_type: 'COMPLETED' })
    expect(completed.infrastructure_pid).toMatch(/^http\+docker:\/\/localhost:[0-9a-f]{64}$/)
    expect(await readOutput(system, good)).toEqual([expect.stringMatching(/^Hello from /)])
    expect(await readOutput(system, good, 'stderr')).toEqual(['careful'])

    const crashes: [{ id: string }, RegExp][] = [
      [bad, /exited with non-zero status code 3\..*\n.*\nbefore the end$/s],
      [big, /status code 137\. The container was killed because it .*used more memory than its limit of 16 MiB/],
      [missing, /the image aedile-test\/none:1 is not on the Docker engine, and its pull policy is Never/],
      [unknown, /The command no-such-command is not in the image/],
    ]
    for (const [crashed, reason] of crashes) {
      const { state, state_type } = await waitForEnd(system, crashed)
      expect({ state_type, message: state?.message }).toEqual({ state_type: 'CRASHED', message: expect.stringMatching(reason) })
    }
    expect(await waitForEnd(system, local)).toMatchObject({ state_type: 'COMPLETED' })
    const told = (await readLogs(system, local)).map((line) => line.message)
    expect(told).toContain('Pulling image: 127.0.0.1:9/local:1')
    expect(told).toContainEqual(expect.stringMatching(/^Image not pulled: Docker pull failed for 127\.0\.0\.1:9\/local:1: /))
    await untilNoContainers()
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('are not taken by a worker that reaches no engine: it says so and ends', async () => {
    const environment = { DOCKER_HOST: 'unix:///no/such/docker.sock' }
    const worker = await system.startWorker({ pool: POOL, name: 'lost', environment, withoutWaiting: true })
    expect(await worker.ended).not.toBe(0)
    expect(worker.stderr()).toContain('The Docker engine at unix:///no/such/docker.sock does not answer')
    expect(worker.stderr()).toContain('Start Docker, or name another engine with DOCKER_HOST.')
  })

  it('end when they are cancelled, and their container is gone', async () => {
    const worker = await startWorker('second')
    const stubborn = await run('trap "" TERM; echo ready; while :; do sleep 0.1; done')
    await until('it has written', async () => (await readOutput(system, stubborn)).includes('ready'), 30)
    expect(await containers(stubborn.id)).toHaveLength(1)
    await cancelRun(system, stubborn)
    await waitForState(system, stubborn, 'CANCELLED', 90)
    await untilNoContainers()
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('of a flow in TypeScript: its engine reports, and a killed worker changes nothing', async () => {
    await ensureImage(host!, 'aedile-test/node:1')
    const shared = await mkdtemp(join(system.home, 'shared-'))
    const flows = join(REPOSITORY, 'tests/stories/flows')
    const variables = {
      image: 'aedile-test/node:1',
      auto_remove: true,
      volumes: [`${flows}:/app/flows:ro`, `${shared}:${shared}`],
    }
    const flow = await createFlow(system.client, { name: 'counting' })
    const deployment = await createDeployment(system.client, {
      name: 'in a container',
      flow_id: flow.id,
      work_pool_name: POOL,
      job_variables: variables,
      entrypoint: 'flows/stories.entry.ts:counting',
      enforce_parameter_schema: false,
      pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/app' } }],
    })
    const [gate, executions] = [join(shared, 'gate'), join(shared, 'executions')]
    const killed = await startWorker('killed')
    const counting = await createRun(system, deployment, { parameters: { gate, executions } })
    await until('it prints', async () => (await readOutput(system, counting)).length > 3, 60)
    await killed.end('SIGKILL')
    const back = await startWorker('killed')
    const before = (await readOutput(system, counting)).length
    await until('it prints on', async () => (await readOutput(system, counting)).length > before + 3, 60)
    await writeFile(gate, '')
    expect(await waitForEnd(system, counting)).toMatchObject({ state_type: 'COMPLETED' })
    await untilNoContainers()
    expect(await readFile(executions, 'utf8')).toBe('executed\n')
    const printed = (await readOutput(system, counting)).filter((line) => line.startsWith('printed'))
    expect(printed).toEqual(printed.map((_, index) => `printed ${index + 1}`))
    expect((await readStateNames(system, counting)).slice(-2)).toEqual(['Running', 'Completed'])
    expect(await back.end('SIGTERM')).toBe(0)
  })

  it.each([
    ['the one that comes back', 'killed'],
    ['another one, when its lease is out,', 'other'],
  ])('outlive their worker: %s follows them to their true ends', async (_, next) => {
    const killed = await startWorker('killed')
    const count = 'i=0; while [ $i -lt 250 ]; do i=$((i + 1)); echo "line $i"; sleep 0.04; done; exit $CODE'
    const codes = [0, 7]
    const started = await Promise.all(codes.map((code) => run(count, { env: { CODE: String(code) } })))
    for (const one of started) {
      await until('it has written', async () => (await readOutput(system, one)).length > 3, 30)
    }
    await killed.end('SIGKILL')
    expect(await containers()).toHaveLength(2)
    const other = await startWorker(next)
    const [good, bad] = await Promise.all(started.map((one) => waitForEnd(system, one, 90)))
    expect([good?.state_type, bad?.state_type]).toEqual(['COMPLETED', 'CRASHED'])
    expect(bad?.state?.message).toMatch(/status code 7\./)
    for (const one of started) {
      expect(await readOutput(system, one)).toEqual(Array.from({ length: 250 }, (_, index) => `line ${index + 1}`))
    }
    await untilNoContainers()
    expect(await other.end('SIGTERM')).toBe(0)
  })
})

/** The server of this story: other stories have containers on the same engine. */
let owner = ''

/** The containers of runs, as somebody from outside sees them. */
async function containers(flowRunId?: string): Promise<{ Id: string; State: string }[]> {
  const label = [`io.aedile.server=${owner}`, ...(flowRunId ? [`io.prefect.flow-run-id=${flowRunId}`] : [])]
  return JSON.parse(await ask('GET', `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label }))}`))
}

function untilNoContainers() {
  return until('no container is left', async () => (await containers()).length === 0, 30)
}

function ask(method: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: host!.replace('unix://', ''), method, path, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve(text))
    })
    call.on('error', reject).end()
  })
}
