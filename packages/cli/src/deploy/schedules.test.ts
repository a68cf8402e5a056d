import { describe, expect, it } from 'vitest'
import { buildSchedules } from './schedules.ts'

describe('the schedules of a file', () => {
  it('become those of a deployment', () => {
    const given = [
      { cron: '0 6 * * 1-5', timezone: 'Europe/Rome', slug: 'morning', parameters: { a: 1 }, day_or: 'false' },
      { interval: 'PT10M', active: 'False', anchor_date: '2024-01-01T00:00:00Z' },
      { rrule: '{"rrule": "FREQ=DAILY", "timezone": "Europe/Rome"}' },
    ]
    expect(buildSchedules(given, 'x')).toEqual([
      {
        schedule: { cron: '0 6 * * 1-5', timezone: 'Europe/Rome', day_or: false },
        active: true,
        slug: 'morning',
        parameters: { a: 1 },
      },
      { schedule: { interval: 600, anchor_date: '2024-01-01T00:00:00Z' }, active: false },
      { schedule: { rrule: 'FREQ=DAILY', timezone: 'Europe/Rome' }, active: true },
    ])
  })

  it.each([
    [[{}], 'expected one of cron, interval and rrule, found none'],
    [[{ cron: '* * * * *', interval: 5 }], 'found cron and interval'],
    [[{ corn: '* * * * *' }], 'Did you mean cron?'],
    [[{ cron: '61 * * * *' }], 'minute: expected 0 to 59'],
    [[{ cron: '0 0 30 2 *' }], 'never fires'],
    [[{ cron: '* * * * *', timezone: 'Europe/Rom' }], 'Did you mean "Europe/Rome"?'],
    [[{ interval: 0 }], 'interval'],
    [[{ interval: 'soon' }], 'no schedule'],
    [[{ cron: '* * * * *', active: 'perhaps' }], 'expected true or false'],
    [
      [
        { cron: '* * * * *', slug: 'a' },
        { interval: 5, slug: 'a' },
      ],
      'slug a',
    ],
    [['daily'], 'found "daily"'],
  ])('%j is refused', (given, why) => {
    expect(() => buildSchedules(given, 'x')).toThrow(why)
  })
})
