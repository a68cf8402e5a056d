import type { Schedule } from '@aedile/core/resources/schedule'
import { formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds } from '@aedile/core/time'
import { compileCron } from './cron-dates.ts'
import { normalizeRecurrence, parseRecurrence } from './rrule-text.ts'
import { nextDates } from './schedule-dates.ts'
import { isTimeZone, nearestTimeZone } from './time-zone.ts'

const LONGEST_INTERVAL_SECONDS = 100 * 366 * 86_400

/** A schedule that cannot be taken: `field` names the part that is wrong. */
export class ScheduleError extends Error {
  readonly field: 'cron' | 'interval' | 'rrule' | 'timezone'

  constructor(field: ScheduleError['field'], message: string) {
    super(message)
    this.name = 'ScheduleError'
    this.field = field
  }
}

/**
 * Checks a schedule and returns it as it is stored: the anchor of an interval and the DTSTART of a recurrence are made
 * explicit, so that the same times come out of it whenever it is asked.
 * @throws ScheduleError when a part is no such thing, or when the schedule never fires from `now` on.
 */
export function validateSchedule(schedule: Schedule, now: Microseconds): Schedule {
  validateTimeZone(schedule.timezone)
  const stored = normalizeSchedule(schedule, now)
  if (nextDates(stored, now, { count: 1 }).length === 0) {
    throw new ScheduleError(fieldOf(schedule), `The schedule never fires: it has no time after ${formatTimestamp(now)}.`)
  }
  return stored
}

function normalizeSchedule(schedule: Schedule, now: Microseconds): Schedule {
  if ('cron' in schedule) {
    attempt('cron', `Invalid cron string: "${schedule.cron}"`, () => compileCron(schedule))
    return { cron: schedule.cron, timezone: schedule.timezone ?? null, day_or: schedule.day_or }
  }
  if ('rrule' in schedule) {
    return attempt('rrule', `Invalid RRule string "${schedule.rrule}"`, () => {
      const rrule = normalizeRecurrence(schedule.rrule, schedule.timezone, now)
      parseRecurrence(rrule)
      return { ...schedule, rrule }
    })
  }
  if (schedule.interval * MICROSECONDS_PER_SECOND < 1 || schedule.interval > LONGEST_INTERVAL_SECONDS) {
    throw new ScheduleError('interval', `interval must be between a microsecond and 100 years, got ${schedule.interval} seconds`)
  }
  const { interval, anchor_date = formatTimestamp(now), timezone } = schedule
  return { interval, anchor_date, timezone: timezone ?? 'UTC' }
}

function validateTimeZone(zone: string | null | undefined): void {
  if (zone === null || zone === undefined || isTimeZone(zone)) return
  throw new ScheduleError(
    'timezone',
    `Invalid timezone: "${zone}" (specify in IANA tzdata format, for example, America/New_York). Did you mean "${nearestTimeZone(zone)}"?`,
  )
}

function attempt<T>(field: ScheduleError['field'], prefix: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw new ScheduleError(field, `${prefix}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function fieldOf(schedule: Schedule): ScheduleError['field'] {
  return 'cron' in schedule ? 'cron' : 'rrule' in schedule ? 'rrule' : 'interval'
}
