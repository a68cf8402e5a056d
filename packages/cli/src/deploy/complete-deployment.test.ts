import type { JsonObject } from '@aedile/core/json'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { describe, expect, it } from 'vitest'
import { type CompletionPlace, completeDeployment } from './complete-deployment.ts'
import type { PreparedDeployment } from './prepare-deployment.ts'

const variables = {
  type: 'object',
  properties: {
    command: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    env: { type: 'object', additionalProperties: { type: 'string' } },
    replicas: { type: 'integer' },
    working_dir: { type: 'string' },
  },
}
const pool = { name: 'local', type: 'process', base_job_template: { job_configuration: {}, variables } } as unknown as WorkPool
const schema: JsonObject = {
  type: 'object',
  properties: { times: { type: 'integer' }, name: { type: 'string' } },
  required: ['name'],
}
const flow = {
  name: 'hello',
  entrypoint: 'hello.ts:hello',
  description: 'Says hello',
  version: 'f1',
  tags: ['t'],
  parameterSchema: schema,
}

function complete(
  given: Partial<PreparedDeployment>,
  values: JsonObject = {},
  place: Partial<CompletionPlace> = {},
): ReturnType<typeof completeDeployment> {
  const prepared = { fullName: 'hello/a', name: 'a', flow, pool, entry: {}, build: [], push: [], pull: null, ...given }
  return completeDeployment(prepared, values, {
    folder: '/project',
    environment: {},
    givenVariables: {},
    note: () => {},
    ...place,
  })
}

describe('what the server is sent of a deployment', () => {
  it('is taken from the flow where nothing else is said, and runs where it was deployed from', () => {
    expect(complete({})).toMatchObject({
      name: 'a',
      description: 'Says hello',
      version: 'f1',
      tags: ['t'],
      entrypoint: 'hello.ts:hello',
      pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/project' } }],
      parameter_openapi_schema: schema,
    })
  })

  it('runs in the image that was built for it, where the image has its files', () => {
    const properties = { image: { type: 'string' } }
    const docker = { ...pool, base_job_template: { job_configuration: {}, variables: { type: 'object', properties } } }
    const step = (directory: string) => [{ 'prefect.deployments.steps.set_working_directory': { directory } }]
    const built = { image: 'host/flows:1', directory: '/code', isUsed: true }
    expect(complete({ pool: docker }, {}, { built })).toMatchObject({
      job_variables: { image: 'host/flows:1' },
      pull_steps: step('/code'),
    })
    // A step built it: what the deployment does with it, it says itself.
    expect(complete({ pool: docker }, {}, { built: { ...built, isUsed: false } }).job_variables).toEqual({})
    expect(complete({ pool: docker }, {}, { built: { ...built, directory: '' } }).pull_steps).toEqual(step('/opt/prefect'))
    expect(complete({ pool: docker, pull: [] }, {}, { built }).pull_steps).toEqual([])
  })

  it('leaves alone whether an existing deployment is paused, unless it is said', () => {
    expect(complete({})).not.toHaveProperty('paused')
    expect(complete({ entry: { paused: true } })).toMatchObject({ paused: true })
  })

  it('has the outputs of steps filled in, and what has none left out; what the worker knows stays', () => {
    const entry = {
      version: '{{ ver.stdout }}',
      tags: ['{{ nope }}', 'x{{ nope }}'],
      work_pool: { job_variables: { command: 'run {{ ctx.flow_run.id }} {{ ver.stdout }}', working_dir: '{{ nope }}' } },
    }
    expect(complete({ entry }, { ver: { stdout: '42' } })).toMatchObject({
      version: '42',
      tags: ['x'],
      job_variables: { command: 'run {{ ctx.flow_run.id }} 42' },
    })
  })

  it('keeps in pull steps what is not known before the run', () => {
    const pull = [{ git_clone: { token: '{{ prefect.blocks.secret.t }}', a: '{{ $A }}', b: '{{ $B }}', tag: '{{ tag }}' } }]
    const step = { token: '{{ prefect.blocks.secret.t }}', a: '1', b: '{{ $B }}', tag: 'v1' }
    expect(complete({ pull }, { tag: 'v1' }, { environment: { A: '1' } }).pull_steps).toEqual([{ git_clone: step }])
    expect(complete({ pull: [] }).pull_steps).toEqual([])
  })

  it('maps a limit with a strategy', () => {
    const entry = { concurrency_limit: { limit: 2, collision_strategy: 'CANCEL_NEW', grace_period_seconds: 90 } }
    expect(complete({ entry })).toMatchObject({
      concurrency_limit: 2,
      concurrency_options: { collision_strategy: 'CANCEL_NEW', grace_period_seconds: 90 },
    })
  })

  it('is a plain command without entrypoint, in the folder that it was deployed from', () => {
    const plain = { ...flow, entrypoint: null }
    const entry = { work_pool: { job_variables: { command: 'sh backup.sh' } } }
    expect(complete({ flow: plain, entry })).toMatchObject({
      entrypoint: null,
      pull_steps: [],
      job_variables: { command: 'sh backup.sh', working_dir: '/project' },
    })
    expect(() => complete({ flow: plain })).toThrow('needs a command')
  })

  it('reads job variables of the command line by the types of the pool, and those of a file as they are (row 29)', () => {
    const given = { command: 'true', 'env.X': '5', replicas: '2' }
    const entry = { work_pool: { job_variables: given } }
    expect(complete({ entry }, {}, { givenVariables: given }).job_variables).toEqual({
      command: 'true',
      'env.X': '5',
      replicas: 2,
    })
    expect(() => complete({ entry })).toThrow("job variable replicas: '2' is not of type 'integer'")
  })

  it('has no job variable that the pool does not know, unless that is allowed; all faults are told at once', () => {
    const entry = { work_pool: { job_variables: { comand: 'x', replicas: 'many' } } }
    const unknown = 'hello/a: local: The work pool has no job variable comand. Did you mean command?'
    const fault = "hello/a: job variable replicas: 'many' is not of type 'integer'"
    expect(() => complete({ entry })).toThrow(`${unknown}\n${fault}\nTo send them all the same`)
    const notes: string[] = []
    const allowed = { work_pool: { job_variables: { comand: 'x' } } }
    complete({ entry: allowed }, {}, { allowUnknownVariables: true, note: (text) => notes.push(text) })
    expect(notes).toEqual([unknown])
  })

  it.each([
    [{ parameters: { times: 'many' } }, "parameter times: 'many' is not of type 'integer'"],
    [{ concurrency_limit: 0 }, 'concurrency_limit'],
    [{ concurrency_limit: { limit: 1, collision_strategy: 'DROP' } }, 'collision_strategy'],
    [{ schedules: [{ cron: 'never' }] }, 'Invalid cron string'],
  ])('is refused before anything is sent: %j', (entry, why) => {
    expect(() => complete({ entry })).toThrow(why)
  })

  it('takes any parameters where they are not enforced, and says which the flow does not have', () => {
    expect(complete({ entry: { parameters: { times: 'many' }, enforce_parameter_schema: false } }).parameters).toEqual({
      times: 'many',
    })
    const notes: string[] = []
    complete({ entry: { parameters: { tims: 2 } } }, {}, { note: (text) => notes.push(text) })
    expect(notes).toEqual(['hello/a: the flow has no parameter tims. Did you mean times?'])
  })
})
