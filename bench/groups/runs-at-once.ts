import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts } from '../figures.ts'
import type { ApiConnection } from '../load/api-connection.ts'
import type { Stage } from '../stage/stage.ts'

/** What of a run says how far it is. */
export type RunReport = { state_name: string; end_time: string | null }

/** Creates so many runs of a deployment over eight connections. */
export async function createAtOnce(
  stage: Stage,
  { apiUrl, deployment, count }: { apiUrl: string; deployment: string; count: number },
): Promise<{ ids: string[]; refusals: Record<string, number> }> {
  const connections = Array.from({ length: 8 }, () => stage.connect(apiUrl))
  const ids = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const api = connections[index % connections.length]!
      return (await api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})).id
    }),
  )
  return { ids, refusals: connections.reduce<Record<string, number>>((all, one) => addCounts(all, one.refusals), {}) }
}

/** Waits until all these runs (at most 200) are in a state, at most so long. Gives what was last said of them. */
export async function waitForStates(
  api: ApiConnection,
  ids: string[],
  { name, seconds }: { name: string; seconds: number },
): Promise<RunReport[]> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const body = { flow_runs: { id: { any_: ids } }, limit: ids.length }
    const runs = await api.expect<RunReport[]>('POST', '/flow_runs/filter', body)
    if (runs.every((run) => run.state_name === name) || performance.now() > deadline) return runs
    await sleep(100)
  }
}

/** How many runs are in each state. */
export function countStates(runs: RunReport[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { state_name: name } of runs) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
