import { randomUUID } from 'node:crypto'
import { readHello } from '@aedile/core/client/attempts'
import { filterEvents } from '@aedile/core/client/events'
import { createWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import { EngineApi } from '@aedile/docker/api'
import { definitions as dockerDefinitions } from '@aedile/docker/definition'
import { findEndpoint } from '@aedile/docker/target'
import { definitions as processDefinitions } from '@aedile/process/definition'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/network.ts'
import {
  attemptProcesses,
  cancelRun,
  createCommandDeployment,
  createRun,
  endProcess,
  readLogs,
  readOutput,
  type System,
  startSystem,
  waitForEnd,
  waitForState,
} from '../support/system.ts'

const host = process.env.AEDILE_TEST_DOCKER_HOST ?? ''
const TYPES = host ? ['process', 'docker'] : ['process']
/** A command that its worker takes for an engine, which never says that the run runs. */
const SLOW_ENGINE = 'echo up; sleep 300 # aedile-execute'

if (!host) it.skip('docker workers: need a Docker engine in AEDILE_TEST_DOCKER_HOST', () => {})

describe.each(TYPES)('a worker of the type %s', (type) => {
  let system: System
  let engine: EngineApi | null = null
  let owner: string
  const isDocker = type === 'docker'
  const startWorker = (name: string, environment: Record<string, string> = {}) =>
    system.startWorker({ pool: type, name, environment: { ...environment, ...(isDocker ? { DOCKER_HOST: host } : {}) } })
  const deploy = (command: string, variables: JsonObject = {}) => {
    const own: JsonObject = isDocker ? { image: 'aedile-test/busybox:1', auto_remove: true } : {}
    return createCommandDeployment(system, command, { pool: type, variables: { ...own, ...variables } })
  }
  const run = async (command: string, variables: JsonObject = {}) => createRun(system, await deploy(command, variables))
  const untilOutput = (one: { id: string }) => until('it has written', async () => (await readOutput(system, one)).length > 0, 60)
  const containers = (id: string) => engine!.listContainers({ label: [`io.prefect.flow-run-id=${id}`] })
  const processes = async (id: string) => (await attemptProcesses(system.home)).filter(({ flowRunId }) => flowRunId === id)
  /** What lives of a run: a container that has ended is removed after the report. */
  const thingsOf = async ({ id }: { id: string }) =>
    isDocker ? (await containers(id)).filter(({ State }) => State === 'running') : processes(id)
  /** As somebody from outside does it, who knows nothing of runs. */
  const removeThing = async ({ id }: { id: string }) => {
    if (!isDocker) for (const { pid } of await processes(id)) endProcess(pid)
    if (!isDocker) return
    for (const { Id } of await containers(id)) {
      await engine!.killContainer(Id, 'SIGKILL')
      await engine!.removeContainer(Id)
    }
  }

  beforeAll(async () => {
    system = await startSystem('sqlite', { AEDILE_SERVER_ATTEMPT_LEASE_SECONDS: '3' })
    owner = (await readHello(system.client))!.server_id
    if (isDocker) engine = await EngineApi.open(findEndpoint({ host }, {}))
    const [definition] = isDocker ? dockerDefinitions : processDefinitions
    const base_job_template = structuredClone(definition!.defaultBaseJobTemplate)
    const properties = base_job_template.variables.properties as Record<string, JsonObject>
    properties.env = { ...properties.env, default: { FROM: 'pool', POOL: 'pool', GONE: 'pool' } }
    await createWorkPool(system.client, { name: type, type, base_job_template })
  })
  afterAll(async () => {
    for (const { Id, State } of (await engine?.listContainers({ label: [`io.aedile.server=${owner}`] })) ?? []) {
      if (State === 'running') await engine!.killContainer(Id, 'SIGKILL')
      // The worker may be at it.
      await engine!.removeContainer(Id).catch(() => {})
    }
    for (const { Name } of (await engine?.listVolumes({ label: [`io.aedile.server=${owner}`] })) ?? []) {
      await engine!.removeVolume(Name)
    }
    engine?.close()
    await system?.close()
  })

  it('runs with the variables of pool, deployment and run, and tells id and status code as a genuine one (row 312)', async () => {
    const worker = await startWorker('results')
    const print = 'echo "$FROM $POOL $DEPLOYMENT $RUN $(env | grep -c ^GONE=) $PREFECT__FLOW_RUN_ID"; exit 3'
    const deployment = await deploy(print, {
      env: { FROM: 'deployment', DEPLOYMENT: 'deployment', GONE: null },
      labels: { 'a.b/c': 'd' },
      ...(isDocker ? { auto_remove: false } : {}),
    })
    const name = `Crazy Cat.${randomUUID().slice(0, 8)}`
    const job_variables = { env: { FROM: 'run', RUN: 'run' } }
    const one = await createRun(system, deployment, { name, job_variables })
    const { infrastructure_pid: pid, state } = await waitForEnd(system, one)
    const said = isDocker ? 'Flow run infrastructure exited with non-zero status code 3.' : 'Process exited with status code: 3.'
    expect(state?.message).toContain(said)
    expect(await readOutput(system, one)).toEqual([`run pool deployment run 0 ${one.id}`])
    const event = await until(
      'its end is told',
      async () => {
        const filter = { event: { name: ['prefect.worker.executed-flow-run'] }, related: { id: [`prefect.flow-run.${one.id}`] } }
        return (await filterEvents(system.client, { filter })).events[0] ?? null
      },
      30,
    )
    const told = event.related.find((related) => related['prefect.resource.role'] === 'flow-run')
    expect(told).toMatchObject({ 'prefect.infrastructure.identifier': pid, 'prefect.infrastructure.status-code': '3' })
    if (isDocker) {
      expect(pid).toMatch(/^http\+docker:\/\/localhost:[0-9a-f]{64}$/)
      const { Name, Config, State } = await engine!.inspectContainer(pid!.split(':').at(-1)!)
      expect(State.ExitCode).toBe(3)
      expect(Name).toBe(`/${name.replace(' ', '-')}`)
      expect(Config.Image).toBe('aedile-test/busybox:1')
      expect(Config.Labels).toMatchObject({
        'b.a.c': 'd',
        'io.prefect.flow-run-id': one.id,
        'io.prefect.flow-run-name': name,
        'io.prefect.version': '3.8.8',
      })
    } else {
      expect(pid).toMatch(/^\d+$/)
    }
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('keeps the output of a run to itself that shall not stream, and still waits for its end (row 312)', async () => {
    const worker = await startWorker('quiet')
    const one = await run('echo out; sleep 0.3; exit 4', { stream_output: false })
    expect((await waitForEnd(system, one)).state?.message).toMatch(/ 4\. /)
    expect(await readOutput(system, one)).toEqual([])
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('stops a run, one that does not listen too, and what is gone already is no fault (row 312)', async () => {
    const worker = await startWorker('killer')
    const stubborn = await run('trap "" TERM; echo up; while :; do sleep 0.1; done')
    await untilOutput(stubborn)
    expect((await thingsOf(stubborn)).length).toBeGreaterThan(0)
    await cancelRun(system, stubborn)
    expect((await waitForState(system, stubborn, 'CANCELLED')).state?.message).toBe('Flow run was cancelled successfully.')
    expect(await thingsOf(stubborn)).toEqual([])
    const gone = await run('echo up; sleep 300')
    await untilOutput(gone)
    await worker.end('SIGKILL')
    await removeThing(gone)
    await cancelRun(system, gone)
    const next = await startWorker('killer')
    await waitForState(system, gone, 'CANCELLED')
    expect(await next.end('SIGTERM')).toBe(0)
  })

  it('cancels a run that is Pending in the words of a genuine one, when nothing of it is left (row 314)', async () => {
    const later = new Date(Date.now() + 600_000).toISOString()
    const state = { type: 'SCHEDULED' as const, state_details: { scheduled_time: later } }
    const unstarted = await createRun(system, await deploy('echo ran'), { state })
    const started = await run(SLOW_ENGINE)
    // It claims both, the one long ahead of its time.
    const worker = await startWorker('ahead', { AEDILE_WORKER_PREFETCH_SECONDS: '1200' })
    await untilOutput(started)
    await waitForState(system, unstarted, 'PENDING')
    expect((await waitForState(system, started, 'PENDING')).start_time).toBeNull()
    for (const one of [unstarted, started]) await cancelRun(system, one)
    const messages = [unstarted, started].map(async (one) => (await waitForState(system, one, 'CANCELLED')).state?.message)
    expect(await Promise.all(messages)).toEqual([
      'Flow run cancelled by worker (no infrastructure found).',
      'Flow run cancelled by worker while pending.',
    ])
    expect([...(await thingsOf(unstarted)), ...(await thingsOf(started))]).toEqual([])
    expect(await readOutput(system, unstarted)).toEqual([])
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('cancels a run that is Pending and whose infrastructure went meanwhile; until a worker looks it stays Cancelling (row 314)', async () => {
    const killed = await startWorker('pending')
    const one = await run(SLOW_ENGINE)
    await untilOutput(one)
    await killed.end('SIGKILL')
    await removeThing(one)
    await cancelRun(system, one)
    expect((await waitForState(system, one, 'CANCELLING')).state_type).toBe('CANCELLING')
    const next = await startWorker('pending')
    expect((await waitForState(system, one, 'CANCELLED')).state?.message).toBe('Flow run cancelled by worker while pending.')
    expect(await next.end('SIGTERM')).toBe(0)
  })

  it('explains each exit code in the Crashed message and in the log of the run, at its level (row 315)', async () => {
    const worker = await startWorker('codes')
    const deployment = await deploy('eval "$END"')
    const cases = isDocker ? CODES : [...CODES, ...SIGNALS]
    const ends = cases.map(async ([code, explanation, level]) => {
      const END = code < 0 ? `kill ${code} $$` : `exit ${code}`
      const one = await createRun(system, deployment, { job_variables: { env: { END } } })
      const { state_type, state } = await waitForEnd(system, one)
      const head = isDocker ? 'Flow run infrastructure exited with non-zero status code' : 'Process exited with status code:'
      const message = state?.message ?? ''
      expect(`${state_type} ${message}`).toContain(`CRASHED ${head} ${code}. ${explanation}`)
      const logged = async () => (await readLogs(system, one)).find((line) => line.message === message) ?? null
      expect(await until('it is logged', logged, 30)).toMatchObject({ level: level === 'info' ? 20 : 40 })
    })
    await Promise.all(ends)
    expect(await worker.end('SIGTERM')).toBe(0)
  })
})

/** The exit codes that have a meaning of their own, one that has none, and how loud each is. Source: INF 0.5. */
const CODES: [number, string, 'info' | 'error'][] = [
  [1, 'Process exited with a general error.', 'error'],
  [125, 'Container failed to run (Docker/OCI exit code 125).', 'error'],
  [126, 'Command found but not executable (permission denied).', 'error'],
  [127, 'Command not found.', 'error'],
  [137, 'Process was killed, likely due to an out-of-memory (OOM) condition.', 'error'],
  [143, 'Process received SIGTERM via the container runtime.', 'info'],
  [247, 'Process was terminated due to high memory usage.', 'error'],
  [42, 'Process exited with an unexpected status code.', 'error'],
]
const SIGNALS: [number, string, 'info' | 'error'][] = [
  [-9, 'Process exited due to a SIGKILL signal.', 'info'],
  [-15, 'Process exited due to a SIGTERM signal.', 'info'],
]
