import type { DeploymentScheduleCreate } from '@aedile/core/resources/schedule'

/** A schedule as people read it. */
export function scheduleText(schedule: DeploymentScheduleCreate['schedule']): string {
  const zone = schedule.timezone ? ` ${schedule.timezone}` : ''
  if ('cron' in schedule) return `${schedule.cron}${zone}`
  if ('rrule' in schedule) return `${schedule.rrule}${zone}`
  return `every ${describeInterval(schedule.interval)}${zone}`
}

/** Seconds, or a duration as it was written. */
function describeInterval(interval: number | string): string {
  return /^[\d.]+$/.test(String(interval)) ? `${interval} s` : String(interval)
}
