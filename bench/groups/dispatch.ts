import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts, type Result } from '../figures.ts'
import { CountingProxy } from '../stage/counting-proxy.ts'
import type { Stage } from '../stage/stage.ts'
import { createDeployment } from './deployments.ts'
import type { Group, Scale } from './group.ts'
import { NotingCommand } from './noting-command.ts'
import { QUERY_SECONDS } from './worker-settings.ts'

const POOL = 'bench'
const WAIT_SECONDS = 60

/** From the request that creates a run until its command is started by a process worker. */
export const dispatch: Group = {
  name: 'dispatch',
  title: 'Created -> command started',
  databases: ['sqlite', 'postgres'],
  quickDatabases: ['sqlite'],
  async measure(stage, scale, tell) {
    const results: Result[] = []
    for (const way of waysOf(stage, scale)) {
      const { text } = way
      const { delays, missing, refusals } = await dispatchRuns(stage, scale, way)
      const what = `created -> command started, worker ${text}`
      tell(`${what}: ${delays.length} runs, ${missing} not started in ${WAIT_SECONDS} s`)
      results.push({ what, figure: { kind: 'times', show: 'quantiles', samples: delays } })
      const counts = addCounts(refusals, missing > 0 ? { 'not started': missing } : {})
      results.push({ what: `${what}: errors`, figure: { kind: 'errors', counts, tries: scale.dispatchedRuns } })
    }
    return results
  },
}

type Way = { querySeconds: number | null; text: string; push: boolean }

/** What ours does without push is measured with a worker whose websocket is refused on the way. */
function waysOf({ product }: Stage, { workerWays }: Scale): Way[] {
  const [usual, often] = QUERY_SECONDS.map((way) => ({ ...way, push: true })) as [Way, Way]
  const polling = { querySeconds: 3, text: 'without push, asking every 3 s', push: false }
  if (product.name === 'limit') return [usual]
  if (product.name === 'genuine') return [usual, often]
  return workerWays === 'all' ? [usual, often, polling] : [usual, polling]
}

async function dispatchRuns(
  stage: Stage,
  { dispatchedRuns: count, largestPauseSeconds }: Scale,
  { querySeconds, push }: Way,
): Promise<{ delays: number[]; missing: number; refusals: Record<string, number> }> {
  const server = await stage.startServer()
  const proxy = push ? null : await CountingProxy.start(server.apiUrl, { websockets: false })
  if (proxy) stage.onClose(() => proxy.close())
  const worker = await stage.startWorker(proxy ?? server, POOL, querySeconds)
  const api = stage.connect(server.apiUrl)
  const noting = new NotingCommand(stage.createFolder())
  const deployment = await createDeployment(api, POOL, { command: noting.command })
  const warmUp = await api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})
  await noting.waitForStarts([warmUp.id], WAIT_SECONDS)
  const created: { id: string; at: number }[] = []
  for (let run = 0; run < count; run++) {
    await sleep(Math.random() * largestPauseSeconds * 1000)
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
