import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'
import { scheduleText } from '../../text/schedule-text.ts'

/** Lists the schedules of a deployment. */
export async function run({ client, print }: CliContext, _: unknown, name: string): Promise<void> {
  const { schedules } = await findDeployment(client, name)
  await print.result(schedules, () =>
    print.table(
      ['Id', 'Schedule', 'Active', 'Slug'],
      schedules.map((one) => [one.id, scheduleText(one.schedule), one.active ? 'yes' : 'no', one.slug]),
      `${name} has no schedule. Add one: aedile deployment schedule create ${name} --cron "0 6 * * *"`,
    ),
  )
}
