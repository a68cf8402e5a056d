import { resumeDeployment } from '@aedile/core/client/deployments'
import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'

/** `aedile deployment resume` */
export async function run({ client, print }: CliContext, _: unknown, name: string): Promise<void> {
  const { id } = await findDeployment(client, name)
  await resumeDeployment(client, id)
  await print.result({ id }, () => print.line(`Resumed ${name}.`))
}
