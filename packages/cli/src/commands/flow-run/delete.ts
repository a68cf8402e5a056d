import { deleteFlowRun, readFlowRun } from '@aedile/core/client/flow-runs'
import type { CliContext } from '../../cli-context.ts'
import { confirmDeletion } from '../../options/confirm.ts'

/** Deletes a flow run with its logs. */
export async function run({ client, print }: CliContext, options: { yes?: boolean }, id: string): Promise<void> {
  const flowRun = await readFlowRun(client, id)
  await confirmDeletion(options.yes, `Delete flow run ${flowRun.name} with its logs?`)
  await deleteFlowRun(client, id)
  await print.result({ deleted: id }, () => print.line(`Deleted flow run ${flowRun.name}.`))
}
