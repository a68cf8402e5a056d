import { updateDeploymentSchedule } from '@aedile/core/client/deployments'
import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'

/** `aedile deployment schedule resume` */
export async function run({ client, print }: CliContext, _: unknown, name: string, scheduleId: string): Promise<void> {
  const { id } = await findDeployment(client, name)
  await updateDeploymentSchedule(client, id, scheduleId, { active: true })
  await print.result({ id: scheduleId, active: true }, () => print.line('Resumed the schedule.'))
}
