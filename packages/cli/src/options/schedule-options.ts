import { type Schedule, schedule as scheduleSchema } from '@aedile/core/resources/schedule'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { parseSeconds } from './parse-options.ts'

export type ScheduleOptions = { cron?: string; interval?: string; rrule?: string; timezone?: string; anchorDate?: string }

/** The schedule that the options name; null when they name none. */
export function readScheduleOptions(options: ScheduleOptions): Schedule | null {
  const { cron, interval, rrule, timezone, anchorDate } = options
  const given = [cron, interval, rrule].filter((one) => one !== undefined)
  if (given.length > 1) throw new CliFailure('Give one of --cron, --interval and --rrule.', EXIT_CODES.usage.code)
  if (given.length === 0) return null
  const zone = timezone === undefined ? {} : { timezone }
  if (cron !== undefined) return scheduleSchema.parse({ cron, ...zone })
  if (rrule !== undefined) return scheduleSchema.parse({ rrule, ...zone })
  const seconds = parseSeconds('--interval', interval)
  if (!seconds) throw new CliFailure('--interval takes a number of seconds above 0.', EXIT_CODES.usage.code)
  return scheduleSchema.parse({ interval: seconds, ...zone, ...(anchorDate === undefined ? {} : { anchor_date: anchorDate }) })
}
