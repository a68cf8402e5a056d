import type { Schedule } from '@aedile/core/resources/schedule'
import type { Microseconds } from '@aedile/core/time'
import { cronDates } from './cron-dates.ts'
import { intervalDates } from './interval-dates.ts'
import { rruleDates } from './rrule-dates.ts'

/** The last instant that text of four digits for the year can say. */
const END_OF_TIME: Microseconds = Date.UTC(9999, 11, 31) * 1000

/** The times of a schedule from an instant on, that instant included, in order and once each. Endless for most schedules. */
export function* scheduleDates(schedule: Schedule, from: Microseconds): Generator<Microseconds> {
  for (const date of datesOf(schedule, from)) {
    if (date > END_OF_TIME) return
    yield date
  }
}

/** At most `count` times of a schedule from an instant on, none after `until`. */
export function nextDates(
  schedule: Schedule,
  from: Microseconds,
  limits: { count: number; until?: Microseconds },
): Microseconds[] {
  const dates: Microseconds[] = []
  if (limits.count < 1) return dates
  for (const date of scheduleDates(schedule, from)) {
    if (limits.until !== undefined && date > limits.until) break
    dates.push(date)
    if (dates.length >= limits.count) break
  }
  return dates
}

/** The zone that a schedule's times are written in. */
export function zoneOf(schedule: Schedule): string {
  return schedule.timezone ?? 'UTC'
}

function datesOf(schedule: Schedule, from: Microseconds): Generator<Microseconds> {
  if ('cron' in schedule) return cronDates(schedule, from)
  if ('rrule' in schedule) return rruleDates(schedule, from)
  return intervalDates(schedule, from)
}
