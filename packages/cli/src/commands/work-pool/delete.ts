import { deleteWorkPool, readWorkPool } from '@aedile/core/client/work-pools'
import type { CliContext } from '../../cli-context.ts'
import { confirmDeletion } from '../../options/confirm.ts'

/** Deletes a work pool with its queues. */
export async function run({ client, print }: CliContext, options: { yes?: boolean }, name: string): Promise<void> {
  await readWorkPool(client, name)
  await confirmDeletion(options.yes, `Delete work pool ${name} with its queues? Its runs stay.`)
  await deleteWorkPool(client, name)
  await print.result({ deleted: name }, () => print.line(`Deleted work pool ${name}.`))
}
