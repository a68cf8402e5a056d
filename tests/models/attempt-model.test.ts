import { describe, expect, it } from 'vitest'
import { faultOf, isEnd, startOf, stepsOf } from './attempt-model.ts'
import { searchAll } from './search.ts'

describe('the protocol of an attempt, searched exhaustively', () => {
  it.each([
    ['kills and lost answers', { kills: 2, losses: 2, expiries: 2, cancels: 0 }],
    ['a cancellation at any point', { kills: 1, losses: 1, expiries: 2, cancels: 1 }],
    ['three lapses', { kills: 3, losses: 0, expiries: 4, cancels: 0 }],
  ])('keeps its promises under %s', { timeout: 120_000 }, (_, budget) => {
    const found = searchAll({ start: startOf(budget), steps: stepsOf, fault: faultOf, isEnd, limit: 3_000_000 })
    expect(found.states).toBeGreaterThan(1000)
    expect(found.ends).toBeGreaterThan(10)
  })
})
