import type { Schedule } from '@aedile/core/resources/schedule'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { checkSchedule } from './check-schedule.ts'
import { parseSeconds } from './parse-options.ts'

export type ScheduleOptions = { cron?: string; interval?: string; rrule?: string; timezone?: string; anchorDate?: string }

/** The schedule that the options name; null when they name none. */
export function readScheduleOptions(options: ScheduleOptions): Schedule | null {
  const { cron, interval, rrule, timezone, anchorDate } = options
  const given = [cron, interval, rrule].filter((one) => one !== undefined)
  if (given.length > 1) throw new CliFailure('Give one of --cron, --interval and --rrule.', EXIT_CODES.usage.code)
  const zone = timezone === undefined ? {} : { timezone }
  if (cron !== undefined) return checkSchedule({ cron, ...zone }, '--cron')
  if (rrule !== undefined) return checkSchedule({ rrule, ...zone }, '--rrule')
  if (interval === undefined) return null
  const seconds = parseSeconds('--interval', interval)
  if (!seconds) throw new CliFailure('--interval takes a number of seconds above 0.', EXIT_CODES.usage.code)
  const anchor = anchorDate === undefined ? {} : { anchor_date: anchorDate }
  return checkSchedule({ interval: seconds, ...zone, ...anchor }, '--interval')
}
