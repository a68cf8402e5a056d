import { readHello } from '@aedile/core/client/attempts'
import { filterEvents } from '@aedile/core/client/events'
import { createWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { EngineApi } from '@aedile/docker/api'
import { findEndpoint } from '@aedile/docker/target'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { until } from '../support/network.ts'
import {
  cancelRun,
  createCommandDeployment,
  createRun,
  readOutput,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
} from '../support/system.ts'

const host = process.env.AEDILE_TEST_DOCKER_HOST
const POOL = 'docker'
const nameOf = (status: string) => `prefect.docker.container.${status}`

if (!host) it.skip('the events of containers: needs a Docker engine in AEDILE_TEST_DOCKER_HOST', () => {})

describe.runIf(host)('the events of containers', () => {
  let system: System
  let engine: EngineApi
  let owner: string
  const startWorker = (name: string, apiUrl?: string) =>
    system.startWorker({ pool: POOL, name, environment: { DOCKER_HOST: host! }, ...(apiUrl ? { apiUrl } : {}) })
  const run = async (command: string, variables: JsonObject = {}) => {
    const image = { image: 'aedile-test/busybox:1', auto_remove: true }
    const options = { pool: POOL, variables: { ...image, ...variables }, body: { tags: ['told'] } }
    return createRun(system, await createCommandDeployment(system, command, options))
  }
  const eventsOf = async ({ id }: Pick<FlowRun, 'id'>) => {
    const filter = { event: { prefix: ['prefect.docker.'] }, related: { id: [`prefect.flow-run.${id}`] }, order: 'ASC' }
    return (await filterEvents(system.client, { filter })).events
  }
  const untilEvent = (one: Pick<FlowRun, 'id'>, status: string) =>
    until(`${status} is told`, async () => (await eventsOf(one)).some(({ event }) => event === nameOf(status)), 60)
  const marks = () => engine.listVolumes({ label: ['io.aedile.closed', `io.aedile.server=${owner}`] })

  beforeAll(async () => {
    system = await startSystem('sqlite', { AEDILE_SERVER_ATTEMPT_LEASE_SECONDS: '3' })
    await createWorkPool(system.client, { name: POOL, type: 'docker' })
    owner = (await readHello(system.client))!.server_id
    engine = await EngineApi.open(findEndpoint({ host: host! }, {}))
  })
  afterAll(async () => {
    const left = await engine.listContainers({ label: [`io.aedile.server=${owner}`] })
    for (const { Id } of left) await engine.killContainer(Id, 'SIGKILL').catch(() => {})
    for (const { Id } of left) await engine.removeContainer(Id)
    for (const { Name } of await marks()) await engine.removeVolume(Name)
    engine.close()
    await system?.close()
  })

  it('are those of a genuine worker, in order; where none was created, it is told of the worker', async () => {
    const worker = await startWorker('Teller 1')
    const good = await run('sleep 0.2')
    const bad = await run('true', { image: 'aedile-test/none:1', image_pull_policy: 'Never' })
    const { infrastructure_pid: pid, deployment_id, flow_id, name } = await waitForEnd(system, good)
    await waitForEnd(system, bad)
    await untilEvent(good, 'exited')
    await untilEvent(bad, 'creation-failed')

    const told = await eventsOf(good)
    expect(told.map(({ event }) => event)).toEqual(['created', 'running', 'exited'].map(nameOf))
    expect(told.map(({ follows }) => follows)).toEqual([null, told[0]!.id, told[1]!.id])
    const me = {
      'prefect.resource.id': 'prefect.worker.docker.teller-1',
      'prefect.resource.name': 'Teller 1',
      'prefect.version': '3.8.8',
      'prefect.worker-type': 'docker',
    }
    for (const { resource, related, payload } of told) {
      expect(resource).toEqual({
        'prefect.resource.id': `prefect.docker.container.${pid!.split(':').at(-1)}`,
        'prefect.resource.name': name,
      })
      expect(payload).toEqual({})
      expect(related.map((one) => [one['prefect.resource.role'], one['prefect.resource.id']])).toEqual([
        ['deployment', `prefect.deployment.${deployment_id}`],
        ['flow', `prefect.flow.${flow_id}`],
        ['flow-run', `prefect.flow-run.${good.id}`],
        ['tag', 'prefect.tag.told'],
        ['work-pool', expect.stringMatching(/^prefect\.work-pool\./)],
        ['worker', 'prefect.worker.docker.teller-1'],
      ])
      expect(related.at(-1)).toEqual({ ...me, 'prefect.resource.role': 'worker' })
    }
    const [failed, ...none] = await eventsOf(bad)
    expect(none).toEqual([])
    expect(failed).toMatchObject({ event: nameOf('creation-failed'), resource: me, follows: null, payload: {} })
    expect(failed!.related.at(-1)).toMatchObject({ 'prefect.resource.role': 'work-pool' })
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('are told once, also when the worker is killed and another one follows the container', async () => {
    const before = (await marks()).length
    const killed = await startWorker('killed')
    const one = await run('i=0; while [ $i -lt 100 ]; do i=$((i + 1)); echo $i; sleep 0.05; done')
    await untilEvent(one, 'running')
    await killed.end('SIGKILL')
    const next = await startWorker('next')
    expect(await waitForEnd(system, one)).toMatchObject({ state_type: 'COMPLETED' })
    await untilEvent(one, 'exited')
    expect((await eventsOf(one)).map(({ event }) => event)).toEqual(['created', 'running', 'exited'].map(nameOf))
    expect(await next.end('SIGTERM')).toBe(0)
    expect(await marks()).toHaveLength(before)
  })

  it('keep no run waiting that the server does not take, and come when it does', async () => {
    const { proxy, url } = await FaultyProxy.start(system.url)
    const held = Array.from({ length: 3 }, () => proxy.hold({ pattern: /^POST \/api\/events /, at: 'request' }))
    const worker = await startWorker('cut off', url)
    await held[0]!.happened
    const one = await run('echo done')
    expect(await waitForEnd(system, one)).toMatchObject({ state_type: 'COMPLETED' })
    expect(await readOutput(system, one)).toEqual(['done'])
    expect(await eventsOf(one)).toEqual([])
    for (const { happened, lose } of held) {
      await happened
      lose()
    }
    await untilEvent(one, 'exited')
    expect((await eventsOf(one)).map(({ event }) => event)).toEqual(['created', 'running', 'exited'].map(nameOf))
    expect(await worker.end('SIGTERM')).toBe(0)
    await proxy.close()
  })

  it('of a run that was cancelled end with its end, and the run leaves nothing on the engine', async () => {
    const before = (await marks()).map(({ Name }) => Name)
    const worker = await startWorker('stopper')
    const one = await run('echo ready; sleep 300')
    await until('it has written', async () => (await readOutput(system, one)).length > 0, 30)
    await cancelRun(system, one)
    await waitForState(system, one, 'CANCELLED')
    await untilEvent(one, 'exited')
    expect(await worker.end('SIGTERM')).toBe(0)
    expect(await engine.listContainers({ label: [`io.prefect.flow-run-id=${one.id}`] })).toEqual([])
    expect((await marks()).map(({ Name }) => Name)).toEqual(before)
  })
})
