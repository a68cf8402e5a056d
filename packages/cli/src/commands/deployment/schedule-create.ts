import { createDeploymentSchedules } from '@aedile/core/client/deployments'
import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { readScheduleOptions, type ScheduleOptions } from '../../options/schedule-options.ts'
import { scheduleText } from '../../text/schedule-text.ts'

/** Adds a schedule to a deployment. */
export async function run(
  context: CliContext,
  options: ScheduleOptions & { slug?: string; paused?: boolean },
  name: string,
): Promise<void> {
  const { client, print } = context
  const schedule = readScheduleOptions(options)
  if (!schedule) throw new CliFailure('Give one of --cron, --interval and --rrule.', EXIT_CODES.usage.code)
  const { id } = await findDeployment(client, name)
  const created = await createDeploymentSchedules(client, id, [{ schedule, active: !options.paused, slug: options.slug ?? null }])
  await print.result(created, () => print.line(`Added to ${name}: ${scheduleText(schedule)}`))
}
