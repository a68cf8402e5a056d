import { filterFlows } from '@aedile/core/client/flows'
import type { CliContext } from '../../cli-context.ts'
import { parseCount } from '../../options/parse-options.ts'
import { timeText } from '../../text/state-text.ts'

/** Lists the flows, the newest first. */
export async function run({ client, print }: CliContext, options: { limit: string }): Promise<void> {
  const flows = await filterFlows(client, { sort: 'CREATED_DESC', limit: parseCount('--limit', options.limit) ?? 50 })
  await print.result(flows, () =>
    print.table(
      ['Name', 'Id', 'Created (UTC)', 'Tags'],
      flows.map((flow) => [flow.name, flow.id, timeText(flow.created), flow.tags.join(', ')]),
      'There are no flows yet. Deploy one: aedile deploy hello.ts:hello --name local --pool local',
    ),
  )
}
