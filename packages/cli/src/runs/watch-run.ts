import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { CliContext } from '../cli-context.ts'
import { EXIT_CODES } from '../failure.ts'
import { logText } from '../text/log-text.ts'
import { stateText } from '../text/state-text.ts'
import { followRun } from './follow-run.ts'

/** Prints states and logs of a run until it has ended. The exit code tells whether it completed. */
export async function watchRun({ client, print }: CliContext, id: string): Promise<FlowRun> {
  const news = followRun(client, id)
  for (;;) {
    const { done, value } = await news.next()
    if (done) {
      if (value.state_type !== 'COMPLETED') process.exitCode = EXIT_CODES.runFailed.code
      return value
    }
    if (value.kind === 'log') print.line(logText(print.color, value.log))
    else print.line(`${print.color.bold(value.run.name)} is ${stateText(print.color, value.run)}`)
  }
}
