import type { CronSchedule } from '@aedile/core/resources/schedule'
import { MICROSECONDS_PER_SECOND, type Microseconds } from '@aedile/core/time'
import { Cron } from 'croner'
import { parseCron } from './cron-fields.ts'
import { instantToWall, wallToInstant } from './time-zone.ts'

/**
 * The times of a cron schedule from an instant on, that instant included. They are found in wall time and converted last:
 * a time in the gap of spring is pushed forward, an hour that comes twice in autumn counts once, and `0 * * * *` fires
 * once per hour on the wall.
 */
export function* cronDates(schedule: CronSchedule, from: Microseconds): Generator<Microseconds> {
  const zone = schedule.timezone ?? 'UTC'
  const cron = compileCron(schedule)
  let wall = Math.ceil(instantToWall(from, zone) / MICROSECONDS_PER_SECOND) * MICROSECONDS_PER_SECOND - MICROSECONDS_PER_SECOND
  let last = Number.NEGATIVE_INFINITY
  for (;;) {
    const next = cron.nextRun(new Date(wall / 1000))
    if (next === null) return
    wall = next.getTime() * 1000
    const instant = wallToInstant(wall, zone)
    // In the hour that comes twice the wall shows times again that lie before `from`; over the gap two walls are one instant.
    if (instant < from || instant <= last) continue
    last = instant
    yield instant
  }
}

/** @throws an Error that says what is wrong with the expression. */
export function compileCron(schedule: CronSchedule): Cron {
  const fields = parseCron(schedule.cron)
  const pattern = [fields.second, fields.minute, fields.hour, fields.dayOfMonth, fields.month, fields.dayOfWeek, fields.year]
  return new Cron(pattern.join(' '), { timezone: 'UTC', domAndDow: !schedule.day_or, sloppyRanges: true })
}
