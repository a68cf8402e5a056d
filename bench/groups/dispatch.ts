import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts, type Result } from '../figures.ts'
import type { Stage } from '../stage/stage.ts'
import { createDeployment } from './deployments.ts'
import type { Group } from './group.ts'
import { NotingCommand } from './noting-command.ts'
import { QUERY_SECONDS } from './worker-settings.ts'

const POOL = 'bench'
/** A run is created each second on average, at a moment that has nothing to do with when the worker asks. */
const LARGEST_PAUSE_SECONDS = 2
const WAIT_SECONDS = 60

/** From the request that creates a run until its command is started by a process worker. */
export const dispatch: Group = {
  name: 'dispatch',
  title: 'Created -> command started',
  databases: ['sqlite', 'postgres'],
  async measure(stage, scale, tell) {
    const results: Result[] = []
    for (const { querySeconds, text } of QUERY_SECONDS) {
      const { delays, missing, refusals } = await dispatchRuns(stage, scale.dispatchedRuns, querySeconds)
      const what = `created -> command started, worker ${text}`
      tell(`${what}: ${delays.length} runs, ${missing} not started in ${WAIT_SECONDS} s`)
      results.push({ what, figure: { kind: 'times', show: 'quantiles', samples: delays } })
      const counts = addCounts(refusals, missing > 0 ? { 'not started': missing } : {})
      results.push({ what: `${what}: errors`, figure: { kind: 'errors', counts, tries: scale.dispatchedRuns } })
    }
    return results
  },
}

async function dispatchRuns(
  stage: Stage,
  count: number,
  querySeconds: number | null,
): Promise<{ delays: number[]; missing: number; refusals: Record<string, number> }> {
  const server = await stage.startServer()
  const worker = await stage.startWorker(server, POOL, querySeconds)
  const api = stage.connect(server.apiUrl)
  const noting = new NotingCommand(stage.createFolder())
  const deployment = await createDeployment(api, POOL, { command: noting.command })
  const warmUp = await api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})
  await noting.waitForStarts([warmUp.id], WAIT_SECONDS)
  const created: { id: string; at: number }[] = []
  for (let run = 0; run < count; run++) {
    await sleep(Math.random() * LARGEST_PAUSE_SECONDS * 1000)
    const at = Date.now()
    created.push({ id: (await api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})).id, at })
  }
  const starts = await noting.waitForStarts(
    created.map(({ id }) => id),
    WAIT_SECONDS,
  )
  await worker.stop()
  await server.child.stop()
  const delays = starts.flatMap((start, index) => (start === null ? [] : [start - created[index]!.at]))
  return { delays, missing: count - delays.length, refusals: api.refusals }
}
