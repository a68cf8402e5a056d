import type { CliContext } from '../../cli-context.ts'
import { listDeployments } from '../../deploy/find-deployment.ts'
import { scheduleText } from '../../text/schedule-text.ts'

/** Lists the deployments. */
export async function run({ client, print }: CliContext): Promise<void> {
  const all = await listDeployments(client)
  await print.result(
    all.map(({ fullName, deployment }) => ({ full_name: fullName, ...deployment })),
    () =>
      print.table(
        ['Name', 'Pool', 'Status', 'Schedules'],
        all.map(({ fullName, deployment }) => [
          fullName,
          deployment.work_pool_name,
          deployment.paused ? 'PAUSED' : deployment.status,
          deployment.schedules.map(({ schedule }) => scheduleText(schedule)).join('; '),
        ]),
        'There are no deployments yet. Make one: aedile deploy hello.ts:hello --name local --pool local',
      ),
  )
}
