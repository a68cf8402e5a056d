import { join } from 'node:path'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { readFlow } from '@aedile/core/client/flows'
import { renderWorkPool } from '@aedile/core/client/rendering'
import { readWorkPool } from '@aedile/core/client/work-pools'
import type { TargetFacts, WorkerFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { TemplateValue } from '@aedile/core/python-text'
import type { RenderResult } from '@aedile/core/rendering/render-answer'
import { renderDocument } from '@aedile/core/rendering/render-document'
import type { Deployment } from '@aedile/core/resources/deployment'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { processDefinition } from '@aedile/process/definition'
import { processDriver } from '@aedile/process/driver'
import type { InfrastructureDriver } from '@aedile/worker/infrastructure-driver'
import { defaultWorkerSettings } from '@aedile/worker/settings'
import { StateDirectory } from '@aedile/worker/state-directory'
import { Worker } from '@aedile/worker/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from '../../packages/cli/src/compose/log.ts'
import { createCommandDeployment, createPool, createRun, POOL, type System, startSystem, waitForEnd } from '../support/system.ts'

/** A driver that notes what it is asked to start, and starts it. */
function watchedDriver(started: { request: JsonObject; facts: TargetFacts; key: string }[]): InfrastructureDriver {
  return {
    ...processDriver,
    async connect(target, credentials) {
      const connection = await processDriver.connect(target, credentials)
      const start: typeof connection.start = async (request, handle, io) => {
        started.push({ request: request as JsonObject, facts: await connection.facts(), key: handle.attempt })
        return connection.start(request, handle, io)
      }
      // The connection's own methods keep their `this`.
      return new Proxy(connection, {
        get: (own, name) => {
          if (name === 'start') return start
          const value = Reflect.get(own, name) as unknown
          return typeof value === 'function' ? value.bind(own) : value
        },
      })
    },
  } as InfrastructureDriver
}

describe('what is shown of a run before it starts', () => {
  const started: { request: JsonObject; facts: TargetFacts; key: string }[] = []
  let system: System
  let deployment: Deployment
  let run: FlowRun
  let facts: WorkerFacts

  beforeAll(async () => {
    system = await startSystem()
    await createPool(system)
    const variables = { env: { A: '1', GONE: null }, working_dir: system.home, name: 'x {{ ctx.flow_run.name }}' }
    deployment = await createCommandDeployment(system, 'echo "$A $B"', { variables })
    run = await createRun(system, deployment, { job_variables: { env: { B: '2' } } })
    facts = {
      name: 'w1',
      id: null,
      settings: { PREFECT_API_URL: system.url, PREFECT_LOGGING_LEVEL: 'DEBUG' },
      processEnvironment: { PATH: process.env.PATH!, HOME: '/nowhere', GONE: 'no' },
      executeCommand: ['aedile-execute'],
      python: 'python3',
    }
    await new Worker({
      client: system.client,
      definition: processDefinition,
      driver: watchedDriver(started),
      target: { stateDirectory: join(system.home, 'process') },
      credentials: {},
      workPool: POOL,
      queueNames: [],
      limit: null,
      createPoolIfMissing: false,
      baseJobTemplate: null,
      facts,
      settings: { ...defaultWorkerSettings, outputBatchSeconds: 0.1 },
      notes: new StateDirectory(join(system.home, 'worker')),
      log: createLog('silent', { isTerminal: false }),
      output: { stdout: () => {}, stderr: () => {} },
      runOnce: true,
      withHealthServer: false,
    }).run({ drain: new AbortController().signal, stop: new AbortController().signal })
    expect(await waitForEnd(system, run)).toMatchObject({ state_type: 'COMPLETED' })
  })
  afterAll(() => system?.close())

  const withAttempt = (text: object, key: string) => JSON.parse(JSON.stringify(text).replaceAll('<attempt>', key)) as JsonObject

  it('is exactly what its worker then starts, when the document says what the worker knows', async () => {
    const { request, facts: target, key } = started[0]!
    const document = {
      type: 'process',
      base_job_template: 'default',
      flow: await readFlow(system.client, run.flow_id),
      flow_run: await readFlowRun(system.client, run.id),
      deployment,
      work_pool: await readWorkPool(system.client, POOL),
      worker: { name: facts.name, settings: facts.settings, process_environment: facts.processEnvironment },
      facts: target,
    }
    const answer = (await renderDocument(document as unknown as TemplateValue, async () => processDefinition)) as RenderResult
    expect(withAttempt(answer.request, key)).toEqual(request)
    expect(answer.facts.assumed).toBe(false)
  })

  it('is the same from the server, but for what only the worker knows', async () => {
    const { request, key } = started[0]!
    const preview = await renderWorkPool(system.client, POOL, { flow_run_id: run.id, worker_name: 'w1' })
    const { env, ...rest } = withAttempt(preview.request, key) as { env: Record<string, string> } & JsonObject
    const { env: startedEnv, ...startedRest } = request as { env: Record<string, string> } & JsonObject
    expect(rest).toEqual(startedRest)
    expect(Object.keys(env).filter((name) => env[name] === '<worker>')).toEqual(Object.keys(facts.settings))
    const known = Object.entries(env).filter(([, value]) => value !== '<worker>')
    expect(startedEnv).toMatchObject(Object.fromEntries(known))
    // Nothing else comes to it but the worker's own environment, as far as it is handed down.
    const rests = Object.keys(startedEnv).filter((name) => !Object.hasOwn(env, name))
    expect(Object.keys(facts.processEnvironment)).toEqual(expect.arrayContaining(rests))
  })
})
