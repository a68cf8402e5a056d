import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { isTerminal } from '@aedile/core/states'
import type { CliContext } from '../../cli-context.ts'
import { CliFailure } from '../../failure.ts'

/** Schedules an ended flow run of a deployment again. */
export async function run({ client, print }: CliContext, _: unknown, id: string): Promise<void> {
  const flowRun = await readFlowRun(client, id)
  if (!isTerminal(flowRun.state_type))
    throw new CliFailure(`The run is ${flowRun.state_name}; only an ended run can be tried again.`)
  if (!flowRun.deployment_id)
    throw new CliFailure('The run has no deployment, so no worker can run it again. Call the flow anew.')
  const answer = await setFlowRunState(
    client,
    id,
    { type: 'SCHEDULED', name: 'AwaitingRetry', message: 'Retried via CLI' },
    { force: true },
  )
  await print.result(answer, () => print.line(`Scheduled ${id} again.`))
}
