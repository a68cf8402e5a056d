import { expect, test } from 'vitest'
import { findUnknownVariables, findVariableFailures } from './job-variables.ts'

const TEMPLATE = {
  job_configuration: { image: '{{ image }}' },
  variables: {
    required: ['cpu'],
    properties: { image: { type: 'string', default: 'x' }, env: { type: 'object' }, cpu: { type: 'integer' }, 'a.b': {} },
  },
}

test('an unknown variable is named with the nearest known one; a dotted one belongs to the mapping that it sets', () => {
  expect(findUnknownVariables({ imgae: 1, 'env.A': 1, 'a.b': 1, 'envv.A': 1, zzz: 1, image: 1 }, TEMPLATE)).toEqual([
    { pointer: '/imgae', nearest: 'image', message: 'The work pool has no job variable imgae. Did you mean image?' },
    { pointer: '/envv.A', nearest: 'env', message: 'The work pool has no job variable envv. Did you mean env?' },
    { pointer: '/zzz', nearest: null, message: 'The work pool has no job variable zzz.' },
  ])
  expect(findUnknownVariables({ x: 1 }, {})).toEqual([])
})

test('every ill-typed variable is told; null is accepted where a value is optional, and nothing is demanded', () => {
  expect(findVariableFailures({ image: null, env: {} }, TEMPLATE)).toEqual([])
  expect(findVariableFailures({ image: 1, cpu: 'x', nope: 1 }, TEMPLATE)).toMatchObject([
    { pointer: '/image', reason: "1 is not of type 'string'" },
    { pointer: '/cpu', reason: "'x' is not of type 'integer'" },
  ])
})
