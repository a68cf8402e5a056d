import { describe, expect, it } from 'vitest'
import { slugifyLabelKey, slugifyLabelValue, slugifyName } from './label-slugs.ts'

// What the genuine package makes of these is in the conformance cases; here is what a label must never be.
const VALUE = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/

describe('slugs', () => {
  it.each(['a b', '_a_', `${'a'.repeat(62)}-_b`, 'x'.repeat(200), 'ß/ø'])('of %j fit Kubernetes', (text) => {
    expect(slugifyLabelValue(text)).toMatch(VALUE)
    expect(slugifyLabelValue(text).length).toBeLessThanOrEqual(63)
    expect(slugifyLabelKey(`a.b/${text}`)).toMatch(/^a\.b\//)
  })

  it('leave what is clean as it is, and what has nothing valid, too', () => {
    expect(slugifyLabelValue('Clean-1.2_3')).toBe('Clean-1.2_3')
    expect(slugifyLabelKey('prefect.io/flow-run-id')).toBe('prefect.io/flow-run-id')
    expect(slugifyLabelValue('$$$')).toBe('$$$')
    expect(slugifyName('$$$')).toBe('')
  })

  it('are the same when asked again, also after very many others', () => {
    const first = slugifyLabelValue('one value')
    for (let index = 0; index < 3000; index += 1) slugifyLabelValue(`other ${index}`)
    expect(slugifyLabelValue('one value')).toBe(first)
  })
})
