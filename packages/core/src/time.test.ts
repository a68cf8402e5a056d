import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPythonStr, formatTimestamp, parseTimestamp } from './time.ts'

const anyTime = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) * 1000 })

test('what is written is read as the same time, whatever was written before', () => {
  fc.assert(fc.property(anyTime, (time) => parseTimestamp(formatTimestamp(time)) === time))
})

test('the form that is read without a pattern means the same as one that needs it', () => {
  fc.assert(
    fc.property(anyTime, (time) => {
      const plain = new Date(Math.floor(time / 1000)).toISOString().replace('Z', `${String(time % 1000).padStart(3, '0')}Z`)
      expect(parseTimestamp(plain)).toBe(time)
      expect(parseTimestamp(plain.replace('Z', '+00:00'))).toBe(time)
    }),
  )
})

test.each([
  '2025-02-30T00:00:00.000000Z',
  '2025-13-01T00:00:00.000000Z',
  '2025-01-00T00:00:00.000000Z',
  '2025-01-01T24:00:00.000000Z',
  '2025-01-01T00:00:00.00000xZ',
  '2o25-01-01T00:00:00.000000Z',
])('%s is no time', (text) => {
  expect(parseTimestamp(text)).toBeNull()
})

test('times of one second, and before 1970, keep their microseconds', () => {
  expect([1_000_001, 1_000_002, 0, -1].map(formatTimestamp)).toEqual([
    '1970-01-01T00:00:01.000001Z',
    '1970-01-01T00:00:01.000002Z',
    '1970-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999999Z',
  ])
  expect(formatPythonStr(1_000_001)).toBe('1970-01-01 00:00:01.000001+00:00')
})
