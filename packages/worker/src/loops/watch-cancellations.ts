import { filterFlowRuns } from '@aedile/core/client/flow-runs'
import type { Attempt } from '../attempt/attempt.ts'
import type { WorkerContext } from '../worker-context.ts'

/**
 * Asks which of the attended runs shall be cancelled, or were declared Cancelled by force, and tells their attempts. Asks
 * nothing when none is attended.
 */
export async function watchCancellations(context: WorkerContext, attempts: Attempt[]): Promise<void> {
  for (let from = 0; from < attempts.length; from += 200) {
    const page = attempts.slice(from, from + 200)
    const runs = await filterFlowRuns(context.client, {
      flow_runs: {
        id: { any_: page.map((attempt) => attempt.flowRunId) },
        state: { type: { any_: ['CANCELLING', 'CANCELLED'] } },
      },
      limit: 200,
    })
    const cancelling = new Set(runs.map((run) => run.id))
    for (const attempt of page) if (cancelling.has(attempt.flowRunId)) attempt.cancel()
  }
}
