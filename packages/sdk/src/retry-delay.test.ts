import { expect, test } from 'vitest'
import { exponentialBackoff, retryDelaySeconds } from './retry-delay.ts'

const delays = (delay: Parameters<typeof retryDelaySeconds>[0]) => [1, 2, 3, 4].map((n) => retryDelaySeconds(delay, undefined, n))

test('a number is every delay, the last of a list repeats, a function decides by the number of the retry', () => {
  expect(delays(3)).toEqual([3, 3, 3, 3])
  expect(delays([1, 10])).toEqual([1, 10, 10, 10])
  expect(delays(exponentialBackoff(2, 10))).toEqual([2, 4, 8, 10])
  expect(delays(undefined)).toEqual([0, 0, 0, 0])
  expect(delays([])).toEqual([0, 0, 0, 0])
})

test('jitter stretches a delay up to its factor and never shortens it', () => {
  expect(retryDelaySeconds(10, 0.5, 1, () => 0)).toBe(10)
  expect(retryDelaySeconds(10, 0.5, 1, () => 1)).toBe(15)
})
