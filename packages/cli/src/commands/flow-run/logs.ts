import { readFlowRun } from '@aedile/core/client/flow-runs'
import { filterLogs } from '@aedile/core/client/logs'
import type { Log } from '@aedile/core/resources/log'
import type { CliContext } from '../../cli-context.ts'
import { parseCount } from '../../options/parse-options.ts'
import { followRun } from '../../runs/follow-run.ts'
import { logText } from '../../text/log-text.ts'

/** Prints the logs of a flow run. Under `--json`, one line of JSON each. */
export async function run(
  { client, print }: CliContext,
  options: { follow?: boolean; tail?: string },
  id: string,
): Promise<void> {
  const write = (log: Log) => process.stdout.write(print.isJson ? `${JSON.stringify(log)}\n` : `${logText(print.color, log)}\n`)
  await readFlowRun(client, id)
  if (options.follow) {
    for await (const news of followRun(client, id)) if (news.kind === 'log') write(news.log)
    return
  }
  const logs: Log[] = []
  for (let page: Log[] = []; logs.length === 0 || page.length === 200; ) {
    page = await filterLogs(client, {
      logs: { flow_run_id: { any_: [id] } },
      sort: 'TIMESTAMP_ASC',
      limit: 200,
      offset: logs.length,
    })
    logs.push(...page)
    if (page.length === 0) break
  }
  if (logs.length === 0) print.note('This flow run has no logs yet.')
  const tail = parseCount('--tail', options.tail)
  for (const log of tail === undefined ? logs : logs.slice(-tail)) write(log)
}
