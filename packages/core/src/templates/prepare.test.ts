import { describe, expect, test } from 'vitest'
import type { Job, RunContext } from '../infrastructure-definition.ts'
import { isScriptEntrypoint, prepareBase } from './prepare.ts'

const job: Job = { name: null, command: null, env: {}, labels: {} }

function contextFor(entrypoint: string | null): RunContext {
  const context = {
    flowRun: { id: 'run', name: 'crazy-cat', flow_id: 'flow', deployment_id: 'deployment', empirical_policy: {} },
    flow: { id: 'flow', name: 'etl' },
    deployment: { id: 'deployment', name: 'nightly', entrypoint, updated: '2025-01-02T03:04:05.600000Z' },
    workPool: null,
    worker: {
      name: 'w',
      id: null,
      settings: { PREFECT_API_URL: 'http://a/api' },
      executeCommand: ['/opt/my node', 'aedile-execute'],
      python: 'python3',
    },
  }
  return context as unknown as RunContext
}

describe('preparing a job for its run', () => {
  test('the command follows the entrypoint: ours for TypeScript and JavaScript, else what a genuine worker runs', () => {
    const commandFor = (entrypoint: string | null) =>
      prepareBase(job, contextFor(entrypoint), 'python3 -m prefect.engine').command
    expect(commandFor('flows/etl.ts:main')).toBe("'/opt/my node' aedile-execute")
    expect(commandFor('flows/etl.py:main')).toBe('python3 -m prefect.engine')
    expect(commandFor(null)).toBe('python3 -m prefect.engine')
    expect(prepareBase(job, contextFor('etl.py:main')).command).toBe('prefect flow-run execute')
    expect(prepareBase(job, contextFor('etl.ts:main')).command, 'in an image').toBe('aedile-execute')
    expect(prepareBase({ ...job, command: 'echo hi' }, contextFor('etl.ts:main')).command).toBe('echo hi')
  })

  test('only the ending of the file decides what a script is', () => {
    for (const script of ['a.ts', 'a.ts:f', 'a/b.mts:f', 'C:\\flows\\a.js:f', 'a.mjs', 'a.py/b.ts:f']) {
      expect(isScriptEntrypoint(script), script).toBe(true)
    }
    for (const other of ['a.py:ts', 'a.ts.py:f', 'ts', 'package.ts.flow', 'a.json', '', null, undefined]) {
      expect(isScriptEntrypoint(other), String(other)).toBe(false)
    }
  })

  test("the user's environment is the strongest, and null takes a variable away, also one of ours", () => {
    const env = { PREFECT_API_URL: null, PREFECT__FLOW_NAME: 'mine', GONE: null, A: '1' }
    const prepared = prepareBase({ ...job, env }, contextFor(null))
    expect(prepared.env).toEqual({
      PREFECT__FLOW_RUN_ID: 'run',
      PREFECT__WORKER_NAME: 'w',
      PREFECT__FLOW_ID: 'flow',
      PREFECT__FLOW_NAME: 'mine',
      PREFECT__DEPLOYMENT_ID: 'deployment',
      PREFECT__DEPLOYMENT_NAME: 'nightly',
      A: '1',
    })
  })

  test('labels come in a fixed order, without what is unknown', () => {
    const labels = prepareBase({ ...job, labels: { team: 'a', 'prefect.io/flow-name': 'mine' } }, contextFor(null)).labels
    expect(Object.entries(labels)).toEqual([
      ['prefect.io/flow-run-id', 'run'],
      ['prefect.io/flow-run-name', 'crazy-cat'],
      ['prefect.io/version', '3.8.8'],
      ['prefect.io/worker-name', 'w'],
      ['prefect.io/flow-id', 'flow'],
      ['prefect.io/flow-name', 'mine'],
      ['prefect.io/deployment-id', 'deployment'],
      ['prefect.io/deployment-name', 'nightly'],
      ['prefect.io/deployment-updated', '2025-01-02T03:04:05.600000+00:00'],
      ['team', 'a'],
    ])
  })
})
