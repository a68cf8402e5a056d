import { describe, expect, it } from 'vitest'
import type { Figure } from './figures.ts'
import { judge, worstOf } from './verdict.ts'

const rate = (count: number): Figure => ({ kind: 'rate', unit: 'runs', count, seconds: 1 })
const times = (...samples: number[]): Figure => ({ kind: 'times', show: 'median', samples })
const nothing = { limit: null, bestGenuine: null }

describe('a row', () => {
  it('is at target when its value is, whatever the limit gives', () => {
    const [one] = judge(rate(1200), [{ value: 'perSecond', least: 1200 }], { limit: rate(100_000), bestGenuine: null })
    expect(one!.verdict).toBe('at target')
    expect(judge(times(80), [{ value: 'median', below: 80 }], nothing)[0]!.verdict).toBe('short')
  })

  it('that falls short is accepted from 60 % of the limit on: rates over it, times under it', () => {
    const goals = [{ value: 'perSecond', least: 1200 }]
    expect(judge(rate(600), goals, { ...nothing, limit: rate(1000) })[0]).toMatchObject({ verdict: 'accepted', share: 0.6 })
    expect(judge(rate(599), goals, { ...nothing, limit: rate(1000) })[0]!.verdict).toBe('short')
    const goal = [{ value: 'median', below: 80 }]
    expect(judge(times(100), goal, { ...nothing, limit: times(60) })[0]!.verdict).toBe('accepted')
    expect(judge(times(100), goal, { ...nothing, limit: times(59) })[0]!.verdict).toBe('short')
  })

  it('is short without a limit to compare with', () => {
    expect(judge(rate(1), [{ value: 'perSecond', least: 2 }], nothing)[0]).toMatchObject({ verdict: 'short', share: null })
  })

  it('is measured against the best of the genuine server, and says nothing when there is none', () => {
    const goals = [{ value: 'perSecond', timesGenuine: 50 }]
    expect(judge(rate(1150), goals, { limit: null, bestGenuine: 23 })[0]!.verdict).toBe('at target')
    expect(judge(rate(1149), goals, { limit: null, bestGenuine: 23 })[0]!.verdict).toBe('short')
    expect(judge(rate(1150), goals, nothing)[0]!.verdict).toBe('unknown')
  })

  it('of errors allows none', () => {
    const errors = (counts: Record<string, number>): Figure => ({ kind: 'errors', counts, tries: 10 })
    expect(judge(errors({}), [{ value: 'errors', below: 1 }], nothing)[0]!.verdict).toBe('at target')
    expect(judge(errors({ '503': 1 }), [{ value: 'errors', below: 1 }], nothing)[0]!.verdict).toBe('short')
  })

  it('with several goals is as its worst, and one that nobody could judge does not hide the others', () => {
    const all = judge(
      rate(1200),
      [
        { value: 'perSecond', least: 1200 },
        { value: 'perSecond', timesGenuine: 50 },
      ],
      nothing,
    )
    expect(worstOf(all)).toBe('at target')
    expect(worstOf([])).toBeNull()
  })
})
