import { createWorkPool } from '@aedile/core/client/work-pools'
import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import { DockerContainer, DockerRegistry, ImagePullPolicy, type Infrastructure, Process } from '@aedile/infrastructure'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCommandDeployment, createRun, readOutput, type System, startSystem, waitForEnd } from '../support/system.ts'

const host = process.env.AEDILE_TEST_DOCKER_HOST

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system?.close())

/** Makes a work pool of a block, and runs a deployment there that says nothing by itself. Resolves with its output. */
async function runInPoolOf(pool: string, block: Infrastructure, environment: Record<string, string> = {}): Promise<string[]> {
  const base_job_template = block.generateWorkPoolBaseJobTemplate() as BaseJobTemplate
  const type = pool.split(' ')[0]!
  // Had the server found fault with the template, it would be in its answer.
  expect(await createWorkPool(system.client, { name: pool, type, base_job_template })).not.toHaveProperty('aedile_warnings')
  const deployment = await createCommandDeployment(system, 'unused', { pool, body: { job_variables: {} } })
  const worker = await system.startWorker({ pool, name: pool, environment })
  const run = await createRun(system, deployment)
  const { state_type, state } = await waitForEnd(system, run)
  expect(`${state_type} ${state?.message ?? ''}`.trim()).toBe('COMPLETED')
  expect(await worker.end('SIGTERM')).toBe(0)
  return readOutput(system, run)
}

const said = ['sh', '-c', 'echo "$A  $PLACE"']

it('a work pool that is made of a Process runs what the block says', async () => {
  const block = new Process({ command: said, env: { A: 'a  b', PLACE: 'here' }, labels: { a: 'b' }, name: 'nightly' })
  expect(await runInPoolOf('process of a block', block)).toEqual(['a  b  here'])
})

it.skipIf(!host)(
  `a work pool that is made of a DockerContainer does, too; its registry stays on the server${host ? '' : ' (skipped: no AEDILE_TEST_DOCKER_HOST)'}`,
  async () => {
    const { client } = system
    const registry = new DockerRegistry({ username: 'ada', password: 'hidden', registryUrl: 'r.test:5000' })
    await registry.save('ours', { client })
    const block = new DockerContainer({
      image: 'aedile-test/busybox:1',
      imagePullPolicy: ImagePullPolicy.NEVER,
      imageRegistry: registry,
      command: said,
      env: { A: 'a  b', PLACE: 'there' },
      labels: { 'a.b/c': 'd' },
      volumes: ['/tmp:/given'],
      autoRemove: true,
    })
    expect(JSON.stringify(block.generateWorkPoolBaseJobTemplate())).not.toContain('hidden')
    expect(await runInPoolOf('docker of a block', block, { DOCKER_HOST: host! })).toEqual(['a  b  there'])
  },
)
