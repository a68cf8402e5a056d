import { describe, expect, it } from 'vitest'
import { advance, formatCursor, LOG_START, type LogPlace, parseCursor, Skipper, sinceOf, toSince } from './log-cursor.ts'

const time = (nanos: number) => `2026-01-01T00:01:40.${String(nanos).padStart(9, '0')}Z`

describe('a cursor of a log', () => {
  it('counts entries of one time, of each stream by itself', () => {
    let place: LogPlace = LOG_START
    for (const [stream, nanos] of [
      ['stdout', 1],
      ['stdout', 2],
      ['stderr', 2],
      ['stdout', 2],
    ] as const) {
      place = advance(place, stream, time(nanos))
    }
    expect(place).toEqual({ since: '', stdout: { time: time(2), count: 2 }, stderr: { time: time(2), count: 1 } })
    expect(parseCursor(formatCursor(place))).toEqual(place)
  })

  it('finds again what was told and what was not, entry by entry', () => {
    const place = { since: '', stdout: { time: time(5), count: 2 }, stderr: { time: '', count: 0 } }
    const skipper = new Skipper(place)
    const told = [1, 5, 5, 5, 6].map((nanos) => skipper.isTold('stdout', time(nanos)))
    expect(told).toEqual([true, true, true, false, false])
    // A clock that was set back makes nothing old that comes later.
    expect(skipper.isTold('stdout', time(1))).toBe(false)
    expect(skipper.isTold('stderr', time(1))).toBe(false)
  })

  it('reads again from a while before the last entry, or from an earlier one that is not told yet', () => {
    const place = { since: '', stdout: { time: time(7), count: 1 }, stderr: { time: time(3), count: 1 } }
    const seconds = Date.UTC(2026, 0, 1, 0, 1, 40) / 1000
    expect(sinceOf(place, null)).toBe(`${seconds - 60}.000000007`)
    expect(sinceOf(place, '2026-01-01T00:00:00.5Z')).toBe(`${seconds - 100}.500000000`)
    expect(sinceOf(LOG_START, null)).toBe('')
  })

  it.each([
    ['2026-01-01T00:00:00Z', '1767225600.000000000'],
    ['2026-01-01T01:00:00.25+01:00', '1767225600.250000000'],
    ['2026-01-01T00:00:00.123456789Z', '1767225600.123456789'],
    ['nonsense', '0'],
  ])('writes the time %s for the Engine', (text, since) => {
    expect(toSince(text)).toBe(since)
  })

  it.each(['', '1/2/3', 'a/b+1/c+x'])('is not %j', (text) => {
    expect(() => parseCursor(text)).toThrow(/no cursor/)
  })
})
