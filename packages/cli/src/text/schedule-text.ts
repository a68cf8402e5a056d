import type { Schedule } from '@aedile/core/resources/schedule'

/** A schedule as people read it. */
export function scheduleText(schedule: Schedule): string {
  const zone = schedule.timezone ? ` ${schedule.timezone}` : ''
  if ('cron' in schedule) return `${schedule.cron}${zone}`
  if ('rrule' in schedule) return `${schedule.rrule}${zone}`
  return `every ${schedule.interval} s${zone}`
}
