import { readFlowRun, readFlowRunStates } from '@aedile/core/client/flow-runs'
import { filterTaskRuns } from '@aedile/core/client/task-runs'
import type { CliContext } from '../../cli-context.ts'
import { stateText, timeText } from '../../text/state-text.ts'

/** Shows a flow run with its states and task runs. */
export async function run({ client, print }: CliContext, _: unknown, id: string): Promise<void> {
  const flowRun = await readFlowRun(client, id)
  const [states, taskRuns] = await Promise.all([
    readFlowRunStates(client, id),
    filterTaskRuns(client, { flow_runs: { id: { any_: [id] } }, sort: 'EXPECTED_START_TIME_ASC' }),
  ])
  await print.result({ ...flowRun, states, task_runs: taskRuns }, async () => {
    print.line(`${print.color.bold(flowRun.name)}  ${stateText(print.color, flowRun)}  ${flowRun.id}`)
    if (flowRun.state?.message) print.line(flowRun.state.message)
    print.line(`Parameters: ${JSON.stringify(flowRun.parameters)}`)
    if (flowRun.infrastructure_pid) print.line(`Infrastructure: ${flowRun.infrastructure_pid}`)
    print.line('')
    await print.table(
      ['State', 'At (UTC)', 'Message'],
      states.map((state) => [state.name, timeText(state.timestamp), state.message?.split('\n')[0]]),
      'No states.',
    )
    print.line('')
    await print.table(
      ['Task run', 'State', 'Seconds'],
      taskRuns.map((task) => [task.name, stateText(print.color, task), task.total_run_time.toFixed(2)]),
      'No task runs.',
    )
  })
}
