import { deleteDeploymentSchedule } from '@aedile/core/client/deployments'
import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'

/** Removes a schedule of a deployment. */
export async function run({ client, print }: CliContext, _: unknown, name: string, scheduleId: string): Promise<void> {
  const { id } = await findDeployment(client, name)
  await deleteDeploymentSchedule(client, id, scheduleId)
  await print.result({ deleted: scheduleId }, () => print.line('Removed the schedule.'))
}
