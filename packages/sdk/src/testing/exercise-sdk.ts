import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ApiClient, type ClientOptions, createClient } from '@aedile/core/client/client'
import { createConcurrencyLimit } from '@aedile/core/client/concurrency-limits'
import { createDeployment, createDeploymentFlowRun } from '@aedile/core/client/deployments'
import { filterEvents } from '@aedile/core/client/events'
import { filterFlowRuns, readFlowRun, readFlowRunStates, setFlowRunState } from '@aedile/core/client/flow-runs'
import { createFlow } from '@aedile/core/client/flows'
import { filterLogs } from '@aedile/core/client/logs'
import { filterTaskRuns, readTaskRunStates } from '@aedile/core/client/task-runs'
import { uuid7 } from '@aedile/core/client/uuid7'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FLOW, flow } from '../flow.ts'
import { runContext } from '../run-context.ts'
import { getRunLogger } from '../sdk.ts'
import { task } from '../task.ts'
import { openTestSession, type TestSession } from './open-test-session.ts'

const EXECUTE = fileURLToPath(new URL('../../bin/aedile-execute.js', import.meta.url))
const FLOW_MODULE = JSON.stringify(new URL('../flow.ts', import.meta.url).href)

/** A running server and how to reach it. */
export type SdkTarget = { options: ClientOptions; close: () => Promise<void> }

/** Runs flows against a server and looks at what it recorded. Ours and a genuine one must agree. */
export function exerciseSdk(name: string, start: () => Promise<SdkTarget>): void {
  describe(`flows against ${name}`, () => {
    let target: SdkTarget
    let client: ApiClient
    let at: TestSession
    const mark = uuid7().slice(-12)
    beforeAll(async () => {
      target = await start()
      client = createClient(target.options)
      const { apiUrl, apiKey = null, authString = null } = target.options
      at = await openTestSession({ apiUrl, apiKey, authString, logBatchSeconds: 0.1 })
    }, 120_000)
    afterAll(async () => {
      await at?.close()
      await target?.close()
    })

    /** Runs a flow in a run of its own, and returns that run as the server has it then. */
    const record = async (call: () => Promise<unknown>, flowName: string): Promise<FlowRun> => {
      await at.run(call).catch(() => {})
      const found = await filterFlowRuns(client, { flows: { name: { any_: [flowName] } } })
      expect(found).toHaveLength(1)
      return found[0]!
    }
    const statesOf = async (run: { id: string }) => (await readFlowRunStates(client, run.id)).map((state) => state.name)
    const tasksOf = (run: { id: string }) => filterTaskRuns(client, { flow_runs: { id: { any_: [run.id] } } })
    /** The server takes task runs in beside its answers. */
    const settledTasks = async (run: { id: string }, count: number) => {
      const settled = async () => {
        const found = await tasksOf(run)
        const states = await Promise.all(found.map((one) => readTaskRunStates(client, one.id)))
        return found.filter((one, index) => one.state_type && states[index]!.some((state) => state.type === one.state_type))
          .length
      }
      await expect.poll(settled, { timeout: 20_000 }).toBe(count)
      return tasksOf(run)
    }

    test('a flow that completes: its states, parameters, tags, logs and task runs', async () => {
      const load = task({ name: 'load', tags: ['io'] }, async (city: string) => {
        getRunLogger().info(`loading ${city}`)
        return { city }
      })
      const join = task({ name: 'join' }, async (all: { city: string }[]) => all.length)
      const whole = flow({ name: `whole-${mark}`, tags: ['t'] }, async ({ cities }: { cities: string[] }) => {
        getRunLogger().warning('begin')
        return join(await load.map(cities))
      })
      const run = await record(() => whole({ cities: ['Rome', 'Ostia'] }), whole.name)
      expect(run).toMatchObject({ state_type: 'COMPLETED', run_count: 1, tags: ['t'], parameters: { cities: ['Rome', 'Ostia'] } })
      expect(await statesOf(run)).toEqual(['Pending', 'Running', 'Completed'])
      const tasks = await settledTasks(run, 3)
      expect(tasks.map((one) => one.name.slice(0, 5)).sort()).toEqual(['join-', 'load-', 'load-'])
      const joined = tasks.find((one) => one.name.startsWith('join'))!
      const loaded = tasks.filter((one) => one.name.startsWith('load')).map((one) => one.id)
      expect(joined.task_inputs.all?.map((input) => 'id' in input && input.id).sort()).toEqual(loaded.sort())
      await expect
        .poll(async () => (await filterLogs(client, { logs: { flow_run_id: { any_: [run.id] } } })).map((line) => line.message))
        .toEqual(expect.arrayContaining(['begin', 'loading Rome', 'loading Ostia']))
    }, 60_000)

    test('a task that is tried again goes over AwaitingRetry to Retrying', async () => {
      const shaky = task({ name: 'shaky', retries: 1 }, async () => {
        if (runContext()?.taskRun?.runCount === 1) throw new Error('boom')
      })
      const around = flow({ name: `retried-task-${mark}` }, () => shaky())
      const run = await record(() => around(), around.name)
      const [taskRun] = await settledTasks(run, 1)
      const states = await readTaskRunStates(client, taskRun!.id)
      expect(states.map((state) => state.name)).toEqual(['Pending', 'Running', 'AwaitingRetry', 'Retrying', 'Completed'])
      expect(taskRun).toMatchObject({ run_count: 2, flow_run_run_count: 1, state_type: 'COMPLETED' })
    }, 60_000)

    test('a flow that fails is tried again by the server, then Failed with the error as its message', async () => {
      const failing = flow({ name: `failing-${mark}`, retries: 1 }, async () => {
        throw new TypeError('no good')
      })
      const run = await record(() => failing(), failing.name)
      expect(await statesOf(run)).toEqual(['Pending', 'Running', 'AwaitingRetry', 'Running', 'Failed'])
      expect(run.state?.message).toContain('TypeError: no good')
    }, 60_000)

    test('a flow that takes too long is Failed as TimedOut', async () => {
      const long = flow({ name: `long-${mark}`, timeoutSeconds: 0.05 }, () => new Promise(() => {}))
      expect(await statesOf(await record(() => long(), long.name))).toEqual(['Pending', 'Running', 'TimedOut'])
    }, 60_000)

    test('a subflow hangs on a task run of its parent, which follows its states', async () => {
      const child = flow({ name: `child-${mark}` }, async ({ n }: { n: number }) => n * 2)
      const parent = flow({ name: `parent-${mark}` }, () => child({ n: 4 }))
      const run = await record(() => parent(), parent.name)
      const [tracking] = await tasksOf(run)
      expect(tracking).toMatchObject({ name: `child-${mark}-0`, dynamic_key: '0', state_type: 'COMPLETED' })
      const [childRun] = await filterFlowRuns(client, { flows: { name: { any_: [child.name] } } })
      expect(childRun).toMatchObject({ parent_task_run_id: tracking!.id, state_type: 'COMPLETED', parameters: { n: 4 } })
    }, 60_000)

    test('a run that is cancelled from outside: its signal fires and it ends as Cancelled', async () => {
      const waiting = flow({ name: `waiting-${mark}` }, async (_: object, { signal }) => {
        const { id } = runContext()!.flowRun!
        await setFlowRunState(client, id, { type: 'CANCELLING' })
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      })
      const run = await record(() => waiting({}), waiting.name)
      expect(await statesOf(run)).toEqual(['Pending', 'Running', 'Cancelling', 'Cancelled'])
    }, 60_000)

    test('a run of a deployment is taken up, and completes with what its function returned kept', async () => {
      const served = flow({ name: `served-${mark}`, retries: 3, persistResult: true }, async ({ n }: { n: number }) => n + 1)
      const { id: flow_id } = await createFlow(client, { name: served.name })
      const deployment = await createDeployment(client, { name: 'd', flow_id, enforce_parameter_schema: false })
      const created = await createDeploymentFlowRun(client, deployment.id, { parameters: { n: 1 } })
      const execute = () => served[FLOW].execute(created, at.session, new AbortController().signal)
      expect(await execute()).toBe(2)
      const run = await readFlowRun(client, created.id)
      expect(run).toMatchObject({ state_type: 'COMPLETED', empirical_policy: { retries: 3 } })
      expect(run.state?.data).toMatchObject({ storage_key: expect.any(String) })
    }, 60_000)

    describe('aedile-execute', () => {
      /** Deploys a flow file that is in a folder of its own and executes a run of it in a process. */
      const execute = async (
        text: string,
        entrypoint: string,
        onLine: (line: string, child: ChildProcess) => void = () => {},
      ) => {
        const folder = await mkdtemp(join(tmpdir(), 'aedile-execute-'))
        await writeFile(join(folder, 'flows.ts'), text.replaceAll('FLOW', FLOW_MODULE))
        const { id: flow_id } = await createFlow(client, { name: `executed-${mark}` })
        const pull_steps = [{ 'prefect.deployments.steps.set_working_directory': { directory: folder } }]
        const body = { name: entrypoint, flow_id, entrypoint, pull_steps, parameters: { n: 2 }, enforce_parameter_schema: false }
        const deployment = await createDeployment(client, body)
        const run = await createDeploymentFlowRun(client, deployment.id)
        const { apiUrl, apiKey, authString } = target.options
        const env = {
          ...process.env,
          AEDILE_HOME: folder,
          AEDILE_API_URL: apiUrl,
          ...(apiKey ? { AEDILE_API_KEY: apiKey } : {}),
          ...(authString ? { AEDILE_API_AUTH_STRING: authString } : {}),
          PREFECT__FLOW_RUN_ID: run.id,
        }
        const child = spawn(process.execPath, ['--conditions=aedile-source', EXECUTE], {
          env,
          stdio: ['ignore', 'ignore', 'pipe'],
        })
        createInterface({ input: child.stderr! }).on('line', (line) => onLine(line, child))
        const [code] = (await once(child, 'exit')) as [number | null]
        await rm(folder, { recursive: true })
        return { code, run: await readFlowRun(client, run.id) }
      }
      const FLOWS = `import { flow } from FLOW
export const double = flow({ name: 'double' }, async ({ n }: { n: number }) => n * 2)
export const failing = flow({ name: 'failing' }, async () => { throw new Error('no good') })
export const endless = flow({ name: 'endless' }, () => { console.error('it goes on'); return new Promise(() => {}) })
`

      test('runs the pull steps and the flow, and exits with 0', async () => {
        const { code, run } = await execute(FLOWS, 'flows.ts:double')
        expect([code, run.state_type]).toEqual([0, 'COMPLETED'])
        const filter = { resource: { id: [`prefect.flow-run.${run.id}`] }, event: { prefix: ['prefect.flow-run.pull-step'] } }
        const events = async () => (await filterEvents(client, { filter })).events.map((one) => one.event)
        await expect.poll(events, { timeout: 20_000 }).toEqual(['prefect.flow-run.pull-step.executed'])
      }, 60_000)

      test('exits with 0 when the flow failed, for its end is known', async () => {
        const { code, run } = await execute(FLOWS, 'flows.ts:failing')
        expect([code, run.state_type]).toEqual([0, 'FAILED'])
      }, 60_000)

      test('puts into the run why it could not be executed, and exits with 1', async () => {
        const { code, run } = await execute(FLOWS, 'flows.ts:gone')
        expect([code, run.state_type]).toEqual([1, 'CRASHED'])
        expect(run.state?.message).toMatch(/no flow named gone.*double, endless, failing/)
      }, 60_000)

      test('reports a crash when SIGTERM ends it, and exits with 143', async () => {
        const { code, run } = await execute(FLOWS, 'flows.ts:endless', (line, child) => {
          if (line === 'it goes on') child.kill('SIGTERM')
        })
        expect([code, run.state_type]).toEqual([143, 'CRASHED'])
        expect(run.state?.message).toContain('SIGTERM')
      }, 60_000)

      test('ends as Cancelled when SIGTERM comes because the run is cancelled', async () => {
        const { code, run } = await execute(FLOWS, 'flows.ts:endless', async (line, child) => {
          if (line !== 'it goes on') return
          await setFlowRunState(client, await latestRun(), { type: 'CANCELLING' })
          child.kill('SIGTERM')
        })
        expect([code, run.state_type]).toEqual([0, 'CANCELLED'])
      }, 60_000)

      const latestRun = async () => {
        const filter = { flows: { name: { any_: [`executed-${mark}`] } }, flow_runs: { state: { type: { any_: ['RUNNING'] } } } }
        return (await filterFlowRuns(client, filter))[0]!.id
      }
    })

    test('tasks with a limited tag take turns', async () => {
      await createConcurrencyLimit(client, { name: `tag:narrow-${mark}`, limit: 1 })
      let running = 0
      let most = 0
      const work = task({ name: 'work', tags: [`narrow-${mark}`] }, async (_: number) => {
        most = Math.max(most, ++running)
        await new Promise(setImmediate)
        running--
      })
      const around = flow({ name: `limited-${mark}` }, () => work.map([1, 2]))
      const run = await record(() => around(), around.name)
      expect(run.state_type).toBe('COMPLETED')
      expect(most).toBe(1)
    }, 60_000)
  })
}
