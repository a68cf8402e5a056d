import { type Schedule, schedule as scheduleSchema } from '@aedile/core/resources/schedule'
import { nowMicroseconds } from '@aedile/core/time'
import { ScheduleError, validateSchedule } from '@aedile/server/scheduling/validate-schedule'
import { CliFailure, EXIT_CODES } from '../failure.ts'

/** Checks a schedule as the server will, so that nothing is sent when it is wrong. `where` begins the error. */
export function checkSchedule(given: unknown, where: string): Schedule {
  const parsed = scheduleSchema.safeParse(given)
  if (!parsed.success) {
    throw new CliFailure(`${where}: ${JSON.stringify(given)} is no schedule of cron, interval or rrule.`, EXIT_CODES.usage.code)
  }
  try {
    validateSchedule(parsed.data, nowMicroseconds())
    return parsed.data
  } catch (error) {
    if (error instanceof ScheduleError) throw new CliFailure(`${where}: ${error.message}`, EXIT_CODES.usage.code)
    throw error
  }
}
