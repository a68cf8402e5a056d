import { filterFlowRuns } from '@aedile/core/client/flow-runs'
import { filterFlows } from '@aedile/core/client/flows'
import type { JsonObject } from '@aedile/core/json'
import { STATE_TYPES, type StateType } from '@aedile/core/states'
import type { CliContext } from '../../cli-context.ts'
import { parseCount } from '../../options/parse-options.ts'
import { stateText, timeText } from '../../text/state-text.ts'

/** Lists flow runs, the newest first. */
export async function run(
  { client, print }: CliContext,
  options: { limit: string; flow?: string[]; state?: string[] },
): Promise<void> {
  const runs = await filterFlowRuns(client, {
    sort: 'EXPECTED_START_TIME_DESC',
    limit: parseCount('--limit', options.limit) ?? 15,
    flows: options.flow ? { name: { any_: options.flow } } : null,
    flow_runs: options.state ? { state: stateFilter(options.state) } : null,
  })
  const ids = [...new Set(runs.map((one) => one.flow_id))]
  const flows = ids.length > 0 ? await filterFlows(client, { flows: { id: { any_: ids } } }) : []
  const names = new Map(flows.map((flow) => [flow.id, flow.name]))
  await print.result(runs, () =>
    print.table(
      ['Id', 'Flow', 'Name', 'State', 'Expected (UTC)'],
      runs.map((one) => [
        one.id,
        names.get(one.flow_id),
        one.name,
        stateText(print.color, one),
        timeText(one.expected_start_time),
      ]),
      'No flow runs found.',
    ),
  )
}

/** Types and names may be mixed: either may match. */
function stateFilter(given: string[]): JsonObject {
  const types = given.map((text) => text.toUpperCase()).filter((text) => STATE_TYPES.includes(text as StateType))
  const names = given
    .filter((text) => !STATE_TYPES.includes(text.toUpperCase() as StateType))
    .map((text) => text.charAt(0).toUpperCase() + text.slice(1))
  const filters = {
    ...(types.length > 0 ? { type: { any_: types } } : {}),
    ...(names.length > 0 ? { name: { any_: names } } : {}),
  }
  return { operator: 'or_', ...filters }
}
