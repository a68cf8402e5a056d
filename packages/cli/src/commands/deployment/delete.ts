import { deleteDeployment } from '@aedile/core/client/deployments'
import type { CliContext } from '../../cli-context.ts'
import { findDeployment } from '../../deploy/find-deployment.ts'
import { confirmDeletion } from '../../options/confirm.ts'

/** Deletes a deployment. */
export async function run({ client, print }: CliContext, options: { yes?: boolean }, name: string): Promise<void> {
  const { id } = await findDeployment(client, name)
  await confirmDeletion(options.yes, `Delete deployment ${name} with the runs that are scheduled for it?`)
  await deleteDeployment(client, id)
  await print.result({ deleted: id }, () => print.line(`Deleted deployment ${name}.`))
}
