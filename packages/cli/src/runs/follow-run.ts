import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { filterLogs } from '@aedile/core/client/logs'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { Log } from '@aedile/core/resources/log'
import { isTerminal } from '@aedile/core/states'

const POLL_SECONDS = 0.5

/** What is seen of a run while it is followed. */
export type RunNews = { kind: 'log'; log: Log } | { kind: 'state'; run: FlowRun }

/**
 * Follows a run to its end: each log line once, in order, and each state as it is seen. Ends with the run after its end, when
 * the lines that were on their way have come in. Works on any server, by asking.
 */
export async function* followRun(client: ApiClient, id: string, signal?: AbortSignal): AsyncGenerator<RunNews, FlowRun> {
  let seen = 0
  let state: string | null = null
  for (let quiet = 0; ; ) {
    const run = await readFlowRun(client, id)
    if (run.state_id !== state) yield { kind: 'state', run }
    state = run.state_id
    const logs = await filterLogs(client, {
      logs: { flow_run_id: { any_: [id] } },
      sort: 'TIMESTAMP_ASC',
      limit: 200,
      offset: seen,
    })
    for (const log of logs) yield { kind: 'log', log }
    seen += logs.length
    quiet = isTerminal(run.state_type) && logs.length === 0 ? quiet + 1 : 0
    if (quiet > 2 || signal?.aborted) return run
    if (logs.length < 200) await sleep(POLL_SECONDS * 1000, undefined, { signal }).catch(() => {})
  }
}
