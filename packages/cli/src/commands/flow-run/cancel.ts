import { setFlowRunState } from '@aedile/core/client/flow-runs'
import type { CliContext } from '../../cli-context.ts'
import { CliFailure } from '../../failure.ts'

/** Cancels a flow run. */
export async function run({ client, print }: CliContext, _: unknown, id: string): Promise<void> {
  const answer = await setFlowRunState(client, id, { type: 'CANCELLING', name: 'Cancelling' })
  if (answer.status === 'ABORT') {
    throw new CliFailure(
      `The run cannot be cancelled: ${'reason' in answer.details ? answer.details.reason : 'the server refused'}`,
    )
  }
  const isOver = answer.state?.type === 'CANCELLED'
  await print.result(answer, () =>
    print.line(
      isOver
        ? `Cancelled ${id}: nothing of it had been started.`
        : `Cancelling ${id}. It is Cancelled when nothing of it runs any more.`,
    ),
  )
}
