import { describe, expect, it } from 'vitest'
import { isOutputEnd, type OutputModel, type OutputRule, outputFault, outputSteps, startOfOutput } from './output-model.ts'
import { searchAll } from './search.ts'

const search = (budget: Parameters<typeof startOfOutput>[0], rule?: OutputRule) =>
  searchAll<OutputModel>({
    start: startOfOutput(budget),
    steps: (model) => outputSteps(model, rule),
    fault: outputFault,
    isEnd: isOutputEnd,
    limit: 2_000_000,
  })

describe('the output of a run, searched exhaustively', () => {
  it.each([
    ['kills and lost answers', { kills: 3, losses: 3, delays: 0 }],
    ['messages that come late, also after their worker was killed', { kills: 1, losses: 1, delays: 2 }],
  ])('is stored once and whole under %s', { timeout: 120_000 }, (_, budget) => {
    const found = search(budget)
    expect(found.states).toBeGreaterThan(1000)
    expect(found.ends).toBeGreaterThan(0)
  })

  it('would be doubled by a late message if the server only knew repetitions by their cursor', () => {
    const repeatsOnly: OutputRule = (stored, { cursor }) => stored !== cursor
    expect(() => search({ kills: 1, losses: 0, delays: 1 }, repeatsOnly)).toThrow(/stored is[\s\S]*arrives late/)
  })

  it('would be doubled by a lost answer if the server took in everything', () => {
    expect(() => search({ kills: 0, losses: 1, delays: 0 }, () => true)).toThrow(/stored is[\s\S]*answer is lost/)
  })
})
