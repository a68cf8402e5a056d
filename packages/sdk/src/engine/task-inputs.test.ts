import { expect, test } from 'vitest'
import { parameterNamesOf, taskInputsOf } from './task-inputs.ts'

test('an argument names the task runs that made it, itself or in a list', () => {
  const one = { a: 1 }
  const two = { b: 1 }
  const madeBy = new WeakMap<object, string>([
    [one, 'id-1'],
    [two, 'id-2'],
  ])
  expect(taskInputsOf(['x', 'y'], [one, [one, two, 3], 4], madeBy)).toEqual({
    x: [{ input_type: 'task_run', id: 'id-1' }],
    y: [
      { input_type: 'task_run', id: 'id-1' },
      { input_type: 'task_run', id: 'id-2' },
    ],
    argument_2: [],
  })
})

test('names of parameters are read where they are plain', () => {
  expect(parameterNamesOf('async function load(city, year = 3) {}')).toEqual(['city', 'year'])
  expect(parameterNamesOf('(a, { b }) => a')).toEqual(['a', 'argument_1'])
  expect(parameterNamesOf('x => x')).toEqual(['x'])
  expect(parameterNamesOf('async x => x')).toEqual(['x'])
  expect(parameterNamesOf('() => 1')).toEqual([])
})
