import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AedileError } from '../../errors.ts'
import type { ReceivedEvent } from '../../resources/event.ts'
import { formatTimestamp, nowMicroseconds } from '../../time.ts'
import { isHealthy, readServerVersion } from '../admin.ts'
import { createArtifact, readLatestArtifact } from '../artifacts.ts'
import { createBlockDocument, filterBlockSchemas, filterBlockTypes, readBlockDocumentByName } from '../blocks.ts'
import { type ApiClient, type ClientOptions, createClient } from '../client.ts'
import { acquireSlots, createConcurrencyLimit, deleteConcurrencyLimit, releaseSlots, renewLease } from '../concurrency-limits.ts'
import {
  createDeployment,
  createDeploymentFlowRun,
  deleteDeployment,
  getDeploymentScheduledFlowRuns,
  readDeploymentByName,
  updateDeployment,
} from '../deployments.ts'
import { filterEvents, sendEvents } from '../events.ts'
import {
  createFlowRun,
  filterFlowRuns,
  readFlowRun,
  readFlowRunStates,
  setFlowRunState,
  updateFlowRunLabels,
} from '../flow-runs.ts'
import { createFlow, deleteFlow, readFlowByName } from '../flows.ts'
import { filterLogs, sendLogs } from '../logs.ts'
import { streamEvents } from '../streams.ts'
import { createTaskRun, filterTaskRuns } from '../task-runs.ts'
import { uuid7 } from '../uuid7.ts'
import { createVariable, deleteVariable, readVariable, updateVariable } from '../variables.ts'
import { createWorkPool, deleteWorkPool, getScheduledFlowRuns, readWorkPool, updateWorkPool } from '../work-pools.ts'
import { createWorkQueue, filterWorkQueues, readWorkQueue } from '../work-queues.ts'
import { filterWorkers, sendWorkerHeartbeat } from '../workers.ts'

/** A running server and how to reach it. */
export type ClientTarget = { options: ClientOptions; close: () => Promise<void> }

/** Runs the client against a server: every kind of call once, on what a server surely has. Ours and a genuine one must agree. */
export function exerciseClient(name: string, start: () => Promise<ClientTarget>): void {
  describe(`the client against ${name}`, () => {
    let target: ClientTarget
    let client: ApiClient
    const mark = uuid7().slice(-12)
    beforeAll(async () => {
      target = await start()
      client = createClient(target.options)
    }, 120_000)
    afterAll(() => target?.close())

    const failure = async (call: Promise<unknown>): Promise<AedileError> => {
      const error = await call.then(
        () => new Error('the call was expected to fail'),
        (error: unknown) => error,
      )
      if (!(error instanceof AedileError)) throw error
      return error
    }
    const startRun = async (label: string) => {
      const flow = await createFlow(client, { name: `${label}-${mark}` })
      const run = await createFlowRun(client, {
        flow_id: flow.id,
        parameters: { zoë: [1, { b: 2, a: 1 }] },
        state: { type: 'PENDING' },
      })
      return { flow, run }
    }

    test('the server is healthy and tells its version', async () => {
      expect(await isHealthy(client)).toBe(true)
      expect(await readServerVersion(client)).toMatch(/^\d+\.\d+\.\d+/)
    })

    test('a flow is created once and found by a name with blanks', async () => {
      const flow = await createFlow(client, { name: `my flow ${mark}`, tags: ['a'] })
      expect((await createFlow(client, { name: flow.name })).id).toBe(flow.id)
      expect((await readFlowByName(client, flow.name)).id).toBe(flow.id)
      await deleteFlow(client, flow.id)
      expect((await failure(readFlowByName(client, flow.name))).code).toBe('api_not_found')
    })

    test('a flow run goes from Pending over Running to Completed, and its states are kept in order', async () => {
      const { run } = await startRun('states')
      expect(run.parameters).toEqual({ zoë: [1, { b: 2, a: 1 }] })
      const running = await setFlowRunState(client, run.id, { type: 'RUNNING' })
      expect(running.status).toBe('ACCEPT')
      await setFlowRunState(client, run.id, { type: 'COMPLETED', message: 'done' })
      expect((await readFlowRunStates(client, run.id)).map((state) => state.type)).toEqual(['PENDING', 'RUNNING', 'COMPLETED'])
      expect(await readFlowRun(client, run.id)).toMatchObject({ state_type: 'COMPLETED', run_count: 1 })
    })

    test('the same transition id again is accepted again and changes nothing', async () => {
      const { run } = await startRun('repeat')
      const transitionId = uuid7()
      const first = await setFlowRunState(client, run.id, { type: 'RUNNING' }, { transitionId })
      const second = await setFlowRunState(client, run.id, { type: 'RUNNING' }, { transitionId })
      expect(second.status).toBe('ACCEPT')
      expect(second.state?.id).toBe(first.state?.id)
    })

    test('a refused transition comes as data and not as an error', async () => {
      const { run } = await startRun('refused')
      await setFlowRunState(client, run.id, { type: 'COMPLETED' })
      const late = await setFlowRunState(client, run.id, { type: 'CRASHED' })
      expect(late).toMatchObject({ status: 'ABORT', details: { reason: 'Run is already in terminal state COMPLETED.' } })
      const forced = await setFlowRunState(client, run.id, { type: 'CRASHED' }, { force: true })
      expect(forced.status).toBe('ACCEPT')
    })

    test('runs are filtered, labelled and related to task runs', async () => {
      const { run } = await startRun('filter')
      await updateFlowRunLabels(client, run.id, { mine: 1 })
      const found = await filterFlowRuns(client, { flow_runs: { id: { any_: [run.id] } }, limit: 5 })
      expect(found.map((one) => [one.id, one.labels?.mine])).toEqual([[run.id, 1]])
      const body = { flow_run_id: run.id, task_key: 'k', dynamic_key: '0', state: { type: 'PENDING' as const } }
      const task = await createTaskRun(client, body)
      expect((await createTaskRun(client, body)).id).toBe(task.id)
      expect(await filterTaskRuns(client, { flow_runs: { id: { any_: [run.id] } } })).toHaveLength(1)
    })

    test('log lines are stored in order', async () => {
      const { run } = await startRun('logs')
      const at = nowMicroseconds()
      const lines = ['one', 'two', 'drei ü'].map((message, index) => ({
        name: 'exercise',
        level: 20,
        message,
        timestamp: formatTimestamp(at + index),
        flow_run_id: run.id,
      }))
      await sendLogs(client, lines)
      const stored = await filterLogs(client, { logs: { flow_run_id: { any_: [run.id] } }, sort: 'TIMESTAMP_ASC' })
      expect(stored.map((line) => line.message)).toEqual(['one', 'two', 'drei ü'])
    })

    test('an event that is sent twice arrives once, on the stream and in the store', async () => {
      const stop = new AbortController()
      const resource = { 'prefect.resource.id': `exercise.${mark}` }
      const event = { id: uuid7(), event: `exercise.${mark}`, occurred: formatTimestamp(nowMicroseconds()), resource }
      const last = { ...event, id: uuid7(), event: `exercise.${mark}.last`, occurred: formatTimestamp(nowMicroseconds()) }
      const filter = { resource: { id: [`exercise.${mark}`] } }
      const seen: ReceivedEvent[] = []
      const onConnected = () => {
        void (async () => {
          await sendEvents(client, [event])
          await sendEvents(client, [event])
          await sendEvents(client, [last])
        })()
      }
      for await (const one of streamEvents(client, filter, { signal: stop.signal, onConnected })) {
        seen.push(one)
        if (one.id === last.id) stop.abort()
      }
      expect(seen.map((one) => one.id)).toEqual([event.id, last.id])
      await expect
        .poll(async () => (await filterEvents(client, { filter })).events.map((one) => one.id).sort(), { timeout: 20_000 })
        .toEqual([event.id, last.id].sort())
    }, 60_000)

    test('a work pool, its queue, its worker and the runs that are due', async () => {
      const pool = `pool ${mark}`
      await createWorkPool(client, { name: pool, type: 'process' })
      expect((await failure(createWorkPool(client, { name: pool }))).code).toBe('api_conflict')
      await updateWorkPool(client, pool, { concurrency_limit: 3 })
      expect(await readWorkPool(client, pool)).toMatchObject({ type: 'process', concurrency_limit: 3 })
      await createWorkQueue(client, pool, { name: 'fast', priority: 1 })
      expect((await readWorkQueue(client, pool, 'fast')).priority).toBe(1)
      expect((await filterWorkQueues(client, pool)).map((queue) => queue.name).sort()).toEqual(['default', 'fast'])
      await sendWorkerHeartbeat(client, pool, { name: 'w', heartbeat_interval_seconds: 30 })
      expect((await filterWorkers(client, pool)).map((worker) => [worker.name, worker.status])).toEqual([['w', 'ONLINE']])

      const flow = await createFlow(client, { name: `pool-flow-${mark}` })
      const { id } = await createDeployment(client, {
        name: 'd',
        flow_id: flow.id,
        work_pool_name: pool,
        work_queue_name: 'fast',
      })
      const run = await createDeploymentFlowRun(client, id, { parameters: { x: 1 } })
      const due = await getScheduledFlowRuns(client, pool, { queueNames: ['fast'], withinSeconds: 10 })
      expect(due.map((one) => one.flow_run.id)).toEqual([run.id])
      await deleteDeployment(client, id)
      await deleteWorkPool(client, pool)
      expect((await failure(readWorkPool(client, pool))).code).toBe('api_not_found')
    })

    test('a served deployment: found by name, changed, its due runs read, a repeated creation is the same run', async () => {
      const flow = await createFlow(client, { name: `served-${mark}` })
      const { id } = await createDeployment(client, { name: 'my served', flow_id: flow.id, tags: ['t'] })
      await updateDeployment(client, id, { description: 'new' })
      expect(await readDeploymentByName(client, flow.name, 'my served')).toMatchObject({ id, description: 'new', tags: ['t'] })
      const run = await createDeploymentFlowRun(client, id, { idempotency_key: mark })
      expect((await createDeploymentFlowRun(client, id, { idempotency_key: mark })).id).toBe(run.id)
      expect((await getDeploymentScheduledFlowRuns(client, [id], 10)).map((one) => one.id)).toEqual([run.id])
    })

    test('a variable keeps the order and spelling of its keys', async () => {
      const name = `v_${mark}`
      await createVariable(client, { name, value: { b_B: 1, a: [null] } })
      expect(JSON.stringify((await readVariable(client, name)).value)).toBe('{"b_B":1,"a":[null]}')
      expect((await failure(createVariable(client, { name, value: 1 }))).code).toBe('api_conflict')
      await updateVariable(client, name, { value: 'x' })
      expect((await readVariable(client, name)).value).toBe('x')
      await deleteVariable(client, name)
      expect((await failure(readVariable(client, name))).details.status).toBe(404)
    })

    test('a secret block shows its value only when asked', async () => {
      const [type] = await filterBlockTypes(client, { block_types: { slug: { any_: ['secret'] } } })
      const [schema] = await filterBlockSchemas(client, { block_schemas: { block_type_id: { any_: [type!.id] } } })
      const data = { value: 'hush' }
      await createBlockDocument(client, { name: `b-${mark}`, data, block_schema_id: schema!.id, block_type_id: type!.id })
      const hidden = await readBlockDocumentByName(client, 'secret', `b-${mark}`, { includeSecrets: false })
      const shown = await readBlockDocumentByName(client, 'secret', `b-${mark}`, { includeSecrets: true })
      expect([hidden.data.value, shown.data.value]).toEqual(['********', 'hush'])
    })

    test('slots are taken under a lease, refused with 423 when none is left, and given back', async () => {
      const name = `limit-${mark}`
      await createConcurrencyLimit(client, { name, limit: 1 })
      const { lease_id } = await acquireSlots(client, { names: [name], slots: 1 })
      const refused = await failure(acquireSlots(client, { names: [name], slots: 1 }, { maxRetries: 0 }))
      expect(refused).toMatchObject({ code: 'api_busy', details: { status: 423 } })
      expect(Number(refused.details.retryAfter)).toBeGreaterThan(0)
      await renewLease(client, lease_id, 60)
      await releaseSlots(client, lease_id)
      await releaseSlots(client, lease_id)
      expect((await failure(renewLease(client, lease_id, 60))).details.status).toBe(410)
      await deleteConcurrencyLimit(client, name)
    })

    test('the newest artifact of a key is found', async () => {
      await createArtifact(client, { key: `a-${mark}`, type: 'markdown', data: 'one' })
      await createArtifact(client, { key: `a-${mark}`, type: 'markdown', data: 'two' })
      expect((await readLatestArtifact(client, `a-${mark}`)).data).toBe('two')
    })

    test('a body that breaks the schema is refused with the place of the fault', async () => {
      const refused = await failure(client.request('POST', '/flows/', { body: { nonsense: 1 } }))
      expect(refused.code).toBe('api_invalid')
      expect(refused.message).toContain('name')
    })
  })
}
