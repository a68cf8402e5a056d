import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createDeploymentFlowRun, readDeploymentByName } from '@aedile/core/client/deployments'
import { imageBuilder } from '@aedile/docker/image-build/image-builder'
import { openImageEngine } from '@aedile/docker/image-build/image-engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePythonRoot, PYTHON_ENVIRONMENT } from '../../scripts/docker/python-root.mjs'
import { type Registry, startRegistry, whyNoRegistry } from '../../scripts/docker/registry.mjs'
import { until } from '../support/network.ts'
import { startAedile } from '../support/program.ts'
import { readLogs, type System, startSystem, waitForEnd } from '../support/system.ts'
import { hasGenuine, python } from './genuine.ts'

const host = process.env.AEDILE_TEST_DOCKER_HOST
const why = !host ? 'AEDILE_TEST_DOCKER_HOST is not set' : hasGenuine ? whyNoRegistry() : 'there is no .cache/python'
const BASE = 'aedile-test/prefect:3'
const POOL = 'docker'

const FLOW = `
import os
import prefect
from prefect import flow, get_run_logger, task

@task
def double(x: int) -> int:
    return 2 * x

@flow
def sums(x: int = 3):
    get_run_logger().info("Prefect %s in %s: %s", prefect.__version__, os.getcwd(), double(x))
`

if (why) it.skip(`a flow in Python runs in an image with genuine Prefect: ${why}`, () => {})

describe.runIf(!why)('a flow in Python runs in an image with genuine Prefect', () => {
  let system: System
  let registry: Registry
  const project = mkdtempSync(join(tmpdir(), 'aedile-python-project-'))

  beforeAll(async () => {
    registry = await startRegistry()
    system = await startSystem()
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64')
    writeFileSync(join(project, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }))
    writeFileSync(join(project, 'sums.py'), FLOW)
    expect(await aedile('work-pool', 'create', POOL, '--type', 'docker')).toMatchObject({ exit: 0 })
    await buildBase()
  })
  afterAll(async () => {
    rmSync(project, { recursive: true, force: true })
    await system?.close()
    await registry?.stop()
  })

  it('built with the Dockerfile that is made for it, pushed, pulled and run by a worker of ours', async () => {
    const image = `${registry.host}/team/sums:1`
    const build = ['--image', image, '--base-image', BASE, '--no-pull']
    const deployed = await aedile('deploy', 'sums.py:sums', '--name', 'boxed', '--pool', POOL, ...build)
    expect(deployed).toMatchObject({ exit: 0 })
    const deployment = await readDeploymentByName(system.client, 'sums', 'boxed')
    const engine = await openImageEngine({ DOCKER_HOST: host! })
    await engine.remove(image)
    engine.close()

    const worker = await system.startWorker({ pool: POOL, environment: { DOCKER_HOST: host! } })
    const { username, password } = registry
    const registry_credentials = { username, password, registry_url: registry.host, reauth: true }
    const run = await createDeploymentFlowRun(system.client, deployment.id, {
      parameters: { x: 21 },
      job_variables: { registry_credentials },
    })
    const ended = await waitForEnd(system, run, 150)
    expect(`${ended.state_type}: ${ended.state?.message ?? ''}`).toMatch(/^COMPLETED/)
    const wanted = `Prefect 3.8.8 in /opt/prefect/${basename(project)}: 42`
    // A genuine client sends its last logs after the state.
    await until('the flow has said it', async () => (await readLogs(system, run)).some(({ message }) => message === wanted), 60)
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  async function aedile(...args: string[]) {
    const environment = { AEDILE_HOME: system.home, AEDILE_API_URL: system.url, AEDILE_PYTHON: python, DOCKER_HOST: host! }
    const program = startAedile(args, { ...environment, DOCKER_CONFIG: project }, project)
    return { exit: await program.ended, stdout: program.stdout(), stderr: program.stderr() }
  }
})

/** The base image of Python projects: no registry of the internet is asked in tests. */
async function buildBase(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-python-root-'))
  try {
    makePythonRoot(folder, dirname(dirname(python)))
    const variables = Object.entries(PYTHON_ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
    writeFileSync(join(folder, 'Dockerfile'), `FROM aedile-test/busybox:1\nENV ${variables.join(' ')}\nCOPY . /\n`)
    const place = { environment: { DOCKER_HOST: host! }, tell: () => {}, signal: AbortSignal.timeout(250_000) }
    await imageBuilder.build({ name: BASE, folder, entrypoint: null, pull: false, push: false }, place)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
