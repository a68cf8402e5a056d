import { expect, test } from 'vitest'
import { isRepeatable, parseRetryAfter, retryDelaySeconds } from './retry.ts'

test('what may be repeated follows from whether the server may have done it', () => {
  expect(isRepeatable('always', { connection: 'lost' })).toBe(true)
  expect(isRepeatable('always', { status: 504 })).toBe(true)
  expect(isRepeatable('refused', { status: 504 })).toBe(false)
  expect(isRepeatable('refused', { connection: 'timeout' })).toBe(false)
  expect(isRepeatable('refused', { connection: 'unsent' })).toBe(true)
  expect(isRepeatable('never', { status: 429 })).toBe(false)
  expect(isRepeatable('always', { status: 500 })).toBe(false)
})

test('the delay doubles up to half a minute and Retry-After is its lower bound', () => {
  const delays = [1, 2, 3, 20].map((tries) => retryDelaySeconds(tries, null, () => 1))
  expect(delays).toEqual([0.5, 1, 2, 30])
  expect(retryDelaySeconds(1, 7, () => 0)).toBe(7)
  expect(retryDelaySeconds(1, 7, () => 1)).toBeCloseTo(8.4)
})

test('Retry-After is read as seconds, with a fraction, or as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(parseRetryAfter('2.28', now)).toBe(2.28)
  expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30)
  expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:30 GMT', now)).toBe(0)
  expect(parseRetryAfter('soon', now)).toBeNull()
  expect(parseRetryAfter(null, now)).toBeNull()
})
