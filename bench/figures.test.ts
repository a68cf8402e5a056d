import { expect, it } from 'vitest'
import { type Figure, mergeFigures, ratiosOf, summarizeFigure } from './figures.ts'

const rate = (count: number, seconds: number): Figure => ({ kind: 'rate', unit: 'runs', count, seconds })

it('a rate of several rounds is all that was done over all their seconds', () => {
  expect(summarizeFigure(mergeFigures([rate(100, 1), rate(100, 3)]))).toEqual({ n: 200, values: { perSecond: 50 } })
})

it('a ratio above 1 says that ours is better, for rates and for times', () => {
  expect(ratiosOf(rate(200, 1), rate(100, 1))).toEqual({ perSecond: 2 })
  const times = (...samples: number[]): Figure => ({ kind: 'times', show: 'median', samples })
  expect(ratiosOf(times(10), times(20))).toEqual({ median: 2 })
  expect(ratiosOf(times(), times(20))).toEqual({})
})

it('quantiles are samples that were measured', () => {
  const samples = Array.from({ length: 100 }, (_, index) => index + 1)
  expect(summarizeFigure({ kind: 'times', show: 'quantiles', samples }).values).toEqual({ p50: 50, p95: 95, p99: 99 })
})
