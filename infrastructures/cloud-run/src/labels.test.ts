import { describe, expect, it } from 'vitest'
import { mergeLabels, sanitizeLabels } from './labels.ts'

describe('labels', () => {
  it('are lower case, one dash for each character that is not allowed', () => {
    expect(sanitizeLabels({ 'prefect.io/Flow//Name': 'Crazy Cat.1', '12_a': '2026-08-01T12:00:00+00:00' })).toEqual({
      'prefect-io-flow--name': 'crazy-cat-1',
      a: '2026-08-01t12-00-00-00-00',
    })
  })

  it('have 63 characters at most, and go when nothing is left of their key', () => {
    expect(sanitizeLabels({ ['k'.repeat(70)]: 'v'.repeat(70), '0123': 'gone' })).toEqual({ ['k'.repeat(63)]: 'v'.repeat(63) })
  })

  it('count characters, not halves of them', () => {
    expect(sanitizeLabels({ a: '🚀x' })).toEqual({ a: '-x' })
  })

  it('of the body win, and are kept also above 64, where all of the job go', () => {
    const own = Object.fromEntries(Array.from({ length: 66 }, (_, index) => [`own-${index}`, 'x']))
    expect(mergeLabels({ 'own-1': 'weak', other: 'y' }, own)).toEqual(own)
  })
})
