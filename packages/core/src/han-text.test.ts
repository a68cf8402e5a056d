import { describe, expect, it } from 'vitest'
import { spellHan } from './han-text.ts'
import { slugify } from './slug.ts'

describe('Chinese characters', () => {
  it.each([
    ['日本語', 'ri-ben-yu'],
    ['每日报告', 'mei-ri-bao-gao'],
    ['数据管道 v2', 'shu-ju-guan-dao-v2'],
  ])('%s is spelled as genuine workers do: %s', (text, slug) => {
    expect(slugify(text)).toBe(slug)
  })

  it('are the only ones that it knows', () => {
    expect([...'aé가あ🙂'].map(spellHan)).toEqual([undefined, undefined, undefined, undefined, undefined])
  })
})
