import { readFileSync } from 'node:fs'
import type { Job, RunContext } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { normalizeJob } from '@aedile/core/templates/normalize-job'
import { describe, expect, it } from 'vitest'
import { processDefinition } from './definition.ts'

type Case = { title: string; values: JsonObject; prepared: Job }
const genuine = JSON.parse(readFileSync(new URL('./fixtures/genuine-process-worker.json', import.meta.url), 'utf8'))

const context: RunContext = {
  flowRun: genuine.flowRun,
  flow: genuine.flow,
  deployment: genuine.deployment,
  workPool: genuine.workPool,
  worker: {
    name: genuine.workerName,
    id: genuine.workerId,
    settings: genuine.settings,
    processEnvironment: genuine.environ,
    executeCommand: ['/opt/aedile/node', '/opt/my flows/aedile-execute'],
    python: genuine.python,
  },
}
const job = (values: JsonObject = {}): Job =>
  ({ name: null, command: null, env: {}, labels: {}, stream_output: true, working_dir: null, ...values }) as Job

describe('the default base job template', () => {
  it("equals a genuine worker's, but for the descriptions", () => {
    expect(withoutDescriptions(processDefinition.defaultBaseJobTemplate)).toEqual(genuine.template)
  })

  it('describes every variable', () => {
    for (const variable of Object.values(processDefinition.variables.properties as JsonObject)) {
      expect(variable).toHaveProperty('description')
    }
  })
})

describe('prepare', () => {
  it.each(genuine.cases as Case[])('makes what a genuine worker makes, given $title', ({ values, prepared }) => {
    const mine = processDefinition.prepare(normalize(values), context)
    expect(mine).toEqual(prepared)
    expect(Object.keys(mine.labels)).toEqual(Object.keys(prepared.labels))
  })

  it.each(['flow.ts:main', 'flows/a.mts:default', 'flow.js', 'dir/flow.mjs:x'])('runs our engine for %s', (entrypoint) => {
    const { command } = processDefinition.prepare(job(), withEntrypoint(entrypoint))
    expect(command).toBe("/opt/aedile/node '/opt/my flows/aedile-execute'")
  })

  it.each(['flow.py:main', 'package.module:main', null])('runs the Python engine for %s', (entrypoint) => {
    expect(processDefinition.prepare(job(), withEntrypoint(entrypoint)).command).toBe('/opt/python/bin/python -m prefect.engine')
  })

  it('fills in what a template leaves out', () => {
    const { stream_output, working_dir, ...base } = job()
    expect(processDefinition.prepare(base as Job, context)).toMatchObject({ stream_output: true, working_dir: null })
  })

  it.each([
    [{ stream_output: 'maybe' }, '/stream_output'],
    [{ stream_output: null }, '/stream_output'],
    [{ working_dir: 7 }, '/working_dir'],
  ])('refuses %j with a pointer', (values, pointer) => {
    expect(() => processDefinition.prepare(job(values as JsonObject), context)).toThrow(pointer)
  })

  it('removes with null what was prepared, and not what the worker itself has', () => {
    const { env } = processDefinition.prepare(job({ env: { INHERITED: null, PREFECT_API_URL: null } }), context)
    expect(env.INHERITED).toBe(context.worker.processEnvironment.INHERITED)
    expect(env).not.toHaveProperty('PREFECT_API_URL')
  })

  it('does not hand down what describes a run that the worker itself is part of', () => {
    const inherited = { PREFECT__FLOW_ENTRYPOINT: 'other.py:flow', PREFECT__DEPLOYMENT_NAME: 'other' }
    const worker = { ...context.worker, processEnvironment: { PATH: '/bin', AEDILE_ATTEMPT: 'other', ...inherited } }
    const prepared = processDefinition.prepare(job(), { ...context, worker, deployment: null })
    const { env } = processDefinition.request(prepared, { id: 'here', inherited }, { key: 'mine', server: 's', flowRunId: 'run' })
    expect(env).toMatchObject({ PATH: '/bin', AEDILE_ATTEMPT: 'mine' })
    expect(env).not.toHaveProperty('PREFECT__FLOW_ENTRYPOINT')
    expect(env).not.toHaveProperty('PREFECT__DEPLOYMENT_NAME')
  })

  it('hands down what it tells of the run itself, though the worker is part of a run of the same deployment', () => {
    const inherited = { PREFECT__DEPLOYMENT_NAME: 'nightly', PREFECT__FLOW_NAME: 'cats' }
    const worker = { ...context.worker, processEnvironment: inherited }
    const prepared = processDefinition.prepare(job({ env: { PREFECT__MINE: '1' } }), { ...context, worker })
    const { env } = processDefinition.request(prepared, { id: 'here', inherited }, { key: 'mine', server: 's', flowRunId: 'run' })
    expect(env).toMatchObject({ ...inherited, PREFECT__MINE: '1' })
  })
})

function normalize(values: JsonObject): Job {
  return normalizeJob(job(values))
}

function withEntrypoint(entrypoint: string | null): RunContext {
  return { ...context, deployment: { ...context.deployment!, entrypoint } }
}

function withoutDescriptions(value: JsonValue | object): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions)
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(([key]) => key !== 'description')
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutDescriptions(inner as JsonValue)]))
}
