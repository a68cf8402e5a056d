import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'
import { scheduleText } from '../../text/schedule-text.ts'

/** Shows a deployment. */
export async function run({ client, print }: CliContext, _: unknown, name: string): Promise<void> {
  const deployment = await findDeployment(client, name)
  await print.result(deployment, () => {
    const rows: [string, string | null][] = [
      ['id', deployment.id],
      ['description', deployment.description],
      ['entrypoint', deployment.entrypoint],
      [
        'work pool',
        deployment.work_pool_name && `${deployment.work_pool_name} (queue ${deployment.work_queue_name ?? 'default'})`,
      ],
      ['status', deployment.paused ? 'PAUSED' : deployment.status],
      ['tags', deployment.tags.join(', ')],
      ['parameters', JSON.stringify(deployment.parameters)],
      ['job variables', JSON.stringify(deployment.job_variables)],
      ['pull steps', deployment.pull_steps && JSON.stringify(deployment.pull_steps)],
      ...deployment.schedules.map(({ schedule, active }): [string, string] => [
        'schedule',
        scheduleText(schedule) + (active ? '' : ' (paused)'),
      ]),
    ]
    print.line(print.color.bold(name))
    for (const [label, text] of rows) if (text) print.line(`${label.padEnd(14)} ${text}`)
  })
}
