import type { WorkPool } from '@aedile/core/resources/work-pool'
import { expect, test } from 'vitest'
import { checkJobVariables } from './check-job-variables.ts'

const variables = { properties: { image: { type: 'string' }, cpu: { type: 'integer' } } }
const pool = { name: 'cluster', base_job_template: { job_configuration: {}, variables } } as unknown as WorkPool

test('every fault of the job variables is told at once, unknown ones with the nearest name', () => {
  expect(checkJobVariables({ image: 'x', cpu: null }, pool, false)).toEqual([])
  expect(() => checkJobVariables({ imgae: 'x', cpu: 'many' }, pool, false)).toThrow(
    /^The work pool cluster does not take these job variables: .*imgae\. Did you mean image\? .*'cpu'.*'many' is not/,
  )
})

test('unknown ones may be allowed, ill-typed ones not', () => {
  expect(checkJobVariables({ imgae: 'x' }, pool, true)).toEqual(['The work pool has no job variable imgae. Did you mean image?'])
  expect(() => checkJobVariables({ cpu: 'many' }, pool, true)).toThrow("'many' is not of type 'integer'")
})
