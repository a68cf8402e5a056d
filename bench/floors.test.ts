import { expect, it } from 'vitest'
import { findBelowFloors } from './floors.ts'
import type { Line } from './lines.ts'

const line = (group: string, what: string, products: Line['products']): Line => ({
  group,
  database: 'sqlite',
  what,
  kind: 'times',
  products,
  judgements: [],
  verdict: null,
})
const runs = (share: number) =>
  line('runs', 'runs, 8 connections', {
    limit: { figure: { kind: 'rate', unit: 'runs', count: 1, seconds: 1 }, rounds: [], ratios: { perSecond: share } },
  })
const dispatch = (how: string, ...samples: number[]) =>
  line('dispatch', `created -> command started, worker ${how}`, {
    aedile: { figure: { kind: 'times', show: 'quantiles', samples }, rounds: [], ratios: {} },
  })
const USUAL = 'asking as by default (every 10 s)'
const POLLED = 'without push, asking every 3 s'

it('a rate far below the limit of the same run fails, and what was not measured does not', () => {
  expect(findBelowFloors([runs(0.5)])).toEqual([])
  expect(findBelowFloors([runs(0.05)])).toEqual([
    { group: 'runs', sentence: expect.stringContaining('perSecond is 5 % of the limit') },
  ])
  expect(findBelowFloors([line('runs', 'runs, 8 connections', {})])).toEqual([])
})

it('a pushed start that takes as long as one that waits for a poll fails', () => {
  expect(findBelowFloors([dispatch(USUAL, 30, 40, 50), dispatch(POLLED, 500, 1500, 2500)])).toEqual([])
  expect(findBelowFloors([dispatch(USUAL, 900, 1200, 2000), dispatch(POLLED, 500, 1500, 2500)])).toHaveLength(1)
  expect(findBelowFloors([dispatch(USUAL, 900)])).toEqual([])
})
