import { readFileSync } from 'node:fs'
import { schedule } from '@aedile/core/resources/schedule'
import { formatTimestamp, type Microseconds, parseTimestamp } from '@aedile/core/time'
import { describe, expect, it } from 'vitest'
import { nextDates, zoneOf } from './schedule-dates.ts'
import { formatInZone, instantToWall } from './time-zone.ts'

type Case = { schedule: Record<string, unknown>; from: string; dates: string[]; labels: string[] }
const { cases }: { cases: Case[] } = JSON.parse(readFileSync(new URL('fixtures/dates.json', import.meta.url), 'utf8'))
const at = (text: string) => parseTimestamp(text)!

describe('the times of a schedule', () => {
  it.each(cases)('are those of the genuine package: $schedule from $from', ({ schedule: input, from, dates, labels }) => {
    const parsed = schedule.parse(input)
    const zone = zoneOf(parsed)
    const ours = nextDates(parsed, at(from), { count: dates.length })
    const genuine = dates.map((date, index) => pushedForward(at(date), ours[index], zone))
    expect(ours.map(formatTimestamp)).toEqual(genuine.map(formatTimestamp))
    expect(ours.length).toBe(dates.length)
    if (genuine.every((date, index) => date === at(dates[index]!))) {
      expect(ours.slice(0, labels.length).map((date) => formatInZone(date, zone))).toEqual(labels)
    }
  })

  it.each([
    ['30 2 * * *', 'America/New_York', '2025-03-09T00:00:00Z', ['2025-03-09T07:30:00Z', '2025-03-10T06:30:00Z']],
    ['0 2,3 * * *', 'Europe/Berlin', '2025-03-30T00:00:00Z', ['2025-03-30T01:00:00Z', '2025-03-31T00:00:00Z']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2025-10-04T00:00:00Z', ['2025-10-04T15:45:00Z', '2025-10-05T15:15:00Z']],
  ])('are pushed forward over the gap of spring, and two that meet are one: %s in %s', (cron, timezone, from, dates) => {
    expect(nextDates(schedule.parse({ cron, timezone }), at(from), { count: 2 }).map(formatTimestamp)).toEqual(dates)
  })

  it('come once in the hour that autumn repeats, also when they are asked for within its second pass', () => {
    const cron = schedule.parse({ cron: '30 1 * * *', timezone: 'America/New_York' })
    expect(nextDates(cron, at('2025-11-02T05:00:00Z'), { count: 2 }).map(formatTimestamp)).toEqual([
      '2025-11-02T05:30:00Z',
      '2025-11-03T06:30:00Z',
    ])
    expect(nextDates(cron, at('2025-11-02T06:10:00Z'), { count: 1 }).map(formatTimestamp)).toEqual(['2025-11-03T06:30:00Z'])
  })

  it('include the instant that they are asked from, and none after the end', () => {
    const daily = schedule.parse({ cron: '0 0 * * *' })
    const limits = { count: 9, until: at('2025-01-03T00:00:00Z') }
    expect(nextDates(daily, at('2025-01-01T00:00:00Z'), limits)).toHaveLength(3)
    expect(nextDates(daily, at('2025-01-01T00:00:00.000001Z'), limits)).toHaveLength(2)
  })

  it('are found at once for a rule by the second that began long ago', () => {
    const dense = schedule.parse({ rrule: 'DTSTART:20000101T000007\nRRULE:FREQ=SECONDLY;INTERVAL=10' })
    expect(nextDates(dense, at('2026-05-05T05:05:00Z'), { count: 2 }).map(formatTimestamp)).toEqual([
      '2026-05-05T05:05:07Z',
      '2026-05-05T05:05:17Z',
    ])
  })
})

/**
 * The one known difference: under Python before 3.13 a genuine server takes a time in the gap of spring back by the gap,
 * under later ones forward, as its documentation says and as we do.
 */
function pushedForward(genuine: Microseconds, ours: Microseconds | undefined, zone: string): Microseconds {
  if (ours === undefined || ours <= genuine) return genuine
  const gap = instantToWall(ours, zone) - ours - (instantToWall(genuine, zone) - genuine)
  return gap === ours - genuine ? ours : genuine
}
