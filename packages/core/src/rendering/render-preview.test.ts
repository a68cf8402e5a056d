import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import type { Deployment } from '../resources/deployment.ts'
import type { WorkPool } from '../resources/work-pool.ts'
import type { ReferenceLookup } from '../templates/references.ts'
import { overlayJobVariables, type PreviewInput, renderPreview } from './render-preview.ts'
import { shedDefinition } from './testing/shed-definition.ts'

const lookup: ReferenceLookup = {
  readBlockDocument: async () => null,
  readBlockDocumentById: async () => null,
  readVariable: async () => null,
}

const template = (job_configuration: JsonObject): JsonObject => ({
  job_configuration,
  variables: { type: 'object', properties: { image: {}, env: {} } },
})

function preview(more: Partial<PreviewInput> = {}, base_job_template: JsonObject = {}) {
  const workPool = { id: 'pool-1', name: 'pool', type: 'shed', base_job_template } as unknown as WorkPool
  const nothing = { flow: null, deployment: null, flowRun: null, worker: null }
  return renderPreview({ definition: shedDefinition, workPool, lookup, ...nothing, ...more })
}

describe('a preview', () => {
  test("shows the worker's environment as unknown, wherever the template reads it", async () => {
    const { configuration, origins } = await preview({}, template({ image: '{{ $REGISTRY }}/etl:{{ $TAG }}', env: '{{ env }}' }))
    expect(configuration.image).toBe('<worker>/etl:<worker>')
    expect(origins?.configuration['/image']?.parts).toMatchObject([{ layer: 'environment' }, { layer: 'environment' }])
  })

  test('has no origins when nobody asked for them, but warnings all the same', async () => {
    const { origins, warnings } = await preview({ explain: false, jobVariables: { imag: 1 } }, template({ image: '{{ image }}' }))
    expect(origins).toBeUndefined()
    expect(warnings).toMatchObject([{ kind: 'unknown-variable' }])
  })

  test('of a deployment stands for the run that it would get', async () => {
    const deployment = { id: 'd-1', name: 'nightly', flow_id: 'f-1', job_variables: { image: 'a' } } as unknown as Deployment
    const { configuration } = await preview({ deployment, jobVariables: { image: 'b' } })
    expect(configuration).toMatchObject({
      name: '<flow-run-name>',
      image: 'b',
      env: { PREFECT__FLOW_RUN_ID: '<flow-run-id>', PREFECT__DEPLOYMENT_ID: 'd-1', PREFECT__DEPLOYMENT_NAME: 'nightly' },
    })
  })

  test('of a worker that told its settings shows their names alone', async () => {
    const { configuration } = await preview({ worker: { name: 'w', settingNames: ['PREFECT_A', 'PREFECT_API_KEY'] } })
    const { PREFECT_A, PREFECT_API_KEY, PREFECT_API_URL, PREFECT__WORKER_NAME } = configuration.env
    expect([PREFECT_A, PREFECT_API_KEY, PREFECT_API_URL, PREFECT__WORKER_NAME]).toEqual(['<worker>', '<worker>', undefined, 'w'])
  })

  test('cites no secret in what it warns of', async () => {
    const pattern = { type: 'string', pattern: '^x' }
    const properties = { env: { additionalProperties: pattern }, password: pattern }
    const job_configuration = { env: '{{ env }}', password: '{{ password }}' }
    const warn = async (jobVariables: JsonObject) =>
      (await preview({ jobVariables }, { job_configuration, variables: { type: 'object', properties } })).warnings
    expect(await warn({ password: 'abc' })).toMatchObject([{ message: expect.stringContaining("'********' does not match") }])
    expect(await warn({ env: { PREFECT_API_KEY: 'abc' } })).toMatchObject([{ message: expect.not.stringContaining('abc') }])
    expect(await warn({ env: { OTHER: 'abc' } })).toMatchObject([{ message: expect.stringContaining('abc') }])
  })

  test('leaves what it was given as it was', async () => {
    const jobVariables = { env: { PREFECT_API_KEY: 'secret' } }
    const { configuration } = await preview({ jobVariables })
    expect(configuration.env.PREFECT_API_KEY).toBe('********')
    expect(jobVariables).toEqual({ env: { PREFECT_API_KEY: 'secret' } })
  })
})

test('job variables lie over others whole, but for env, which is laid over key by key', () => {
  const under = { env: { A: '1', B: '2' }, limits: { cpu: 1, memory: 2 } }
  expect(overlayJobVariables(under, { env: { B: '3' }, limits: { cpu: 2 } })).toEqual({
    env: { A: '1', B: '3' },
    limits: { cpu: 2 },
  })
  expect(overlayJobVariables({ env: { A: '1' } }, { env: null })).toEqual({ env: null })
})
