import { readFileSync } from 'node:fs'
import { schedule } from '@aedile/core/resources/schedule'
import { parseTimestamp } from '@aedile/core/time'
import { describe, expect, it } from 'vitest'
import { normalizeRecurrence } from './rrule-text.ts'
import { ScheduleError, validateSchedule } from './validate-schedule.ts'

type Fixture = {
  refused: { schedule: Record<string, unknown>; accepted: boolean }[]
  now: string
  normalized: { rrule: string; timezone: string; normalized: string }[]
}
const fixture: Fixture = JSON.parse(readFileSync(new URL('fixtures/dates.json', import.meta.url), 'utf8'))
const now = parseTimestamp(fixture.now)!

describe('a schedule', () => {
  it.each(fixture.refused.filter(({ accepted }) => !accepted))(
    'is refused as the genuine package does: $schedule',
    ({ schedule: input }) => {
      const parsed = schedule.safeParse(input)
      if (parsed.success) expect(() => validateSchedule(parsed.data, now)).toThrow(ScheduleError)
    },
  )

  it.each(fixture.normalized)(
    'is stored with a start as the genuine package does: $rrule in $timezone',
    ({ rrule, timezone, normalized }) => {
      expect(normalizeRecurrence(rrule, timezone, now)).toBe(normalized)
    },
  )

  it('in an unknown zone is refused with the name of the nearest one', () => {
    const refuse = (timezone: string) => () => validateSchedule({ cron: '0 0 * * *', timezone, day_or: true }, now)
    expect(refuse('Europe/Berln')).toThrow('Invalid timezone: "Europe/Berln"')
    expect(refuse('Europe/Berln')).toThrow('Did you mean "Europe/Berlin"?')
    expect(refuse('europe/berlin')).toThrow('Did you mean "Europe/Berlin"?')
    expect(refuse('America/Tokyo')).toThrow('Did you mean "Asia/Tokyo"?')
    expect(refuse('+01:00')).toThrow('Invalid timezone')
  })

  it.each([
    { cron: '0 0 30 2 *' },
    { cron: '0 0 1 1 * 0 2001' },
    { rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' },
    { rrule: 'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30' },
    { rrule: 'DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=3' },
    { rrule: 'DTSTART:20200101T000000\nRRULE:FREQ=MINUTELY\nEXRULE:FREQ=MINUTELY' },
    { rrule: 'RDATE:20200101T000000' },
    { rrule: 'DTSTART:20200101T000000\nRRULE:FREQ=HOURLY;INTERVAL=24;BYHOUR=3' },
  ])('that never fires is refused: %j', (input) => {
    expect(() => validateSchedule(schedule.parse(input), now)).toThrow('The schedule never fires')
  })

  it('of an interval gets its anchor made explicit', () => {
    expect(validateSchedule(schedule.parse({ interval: 60 }), now)).toEqual({
      interval: 60,
      anchor_date: fixture.now.replace('.000000', ''),
      timezone: 'UTC',
    })
  })

  it('whose end is in UTC has it converted to the zone when it has no start', () => {
    const text = normalizeRecurrence('FREQ=DAILY;UNTIL=20270101T030000Z', 'America/New_York', now)
    expect(text).toBe('DTSTART:20200101T000000\nFREQ=DAILY;UNTIL=20261231T220000')
  })
})
