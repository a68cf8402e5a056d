import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts, type Result } from '../figures.ts'
import type { Stage } from '../stage/stage.ts'
import { createDeployment } from './deployments.ts'
import type { Group } from './group.ts'
import { NotingCommand } from './noting-command.ts'
import { countStates, createAtOnce, waitForStates } from './runs-at-once.ts'
import { QUERY_SECONDS } from './worker-settings.ts'

const POOL = 'bench'
const RUNS = 50
const WAIT_SECONDS = 180
/** So long after the last command was started, a state that is not final yet is taken for the last one. */
const REPORT_SECONDS = 10

type Burst = { started: number[]; completed: number[]; states: Record<string, number> }

/** 50 runs of a plain command, created at once: until all were started, and until all are Completed. */
export const burst: Group = {
  name: 'burst',
  title: `Burst of ${RUNS} commands`,
  databases: ['sqlite', 'postgres'],
  quickDatabases: [],
  async measure(stage, scale, tell) {
    const results: Result[] = []
    // What a worker of the limit is sent does not hang on how often it asks.
    const once = stage.product.name === 'limit' || scale.workerWays === 'usual'
    for (const { querySeconds, text } of once ? QUERY_SECONDS.slice(0, 1) : QUERY_SECONDS) {
      const { started, completed, states } = await measureBursts(stage, scale.bursts, querySeconds)
      const what = `burst of ${RUNS} commands, worker ${text}`
      tell(`${what}: ${JSON.stringify({ started, completed, states })}`)
      const { Completed: _, ...others } = states
      results.push(
        { what: `${what}: all started`, figure: { kind: 'times', show: 'median', samples: started } },
        { what: `${what}: all Completed`, figure: { kind: 'times', show: 'median', samples: completed } },
        {
          what: `${what}: last state other than Completed, errors`,
          figure: { kind: 'errors', counts: others, tries: RUNS * scale.bursts },
        },
      )
    }
    return results
  },
}

async function measureBursts(stage: Stage, count: number, querySeconds: number | null): Promise<Burst> {
  const server = await stage.startServer()
  const worker = await stage.startWorker(server, POOL, querySeconds)
  const api = stage.connect(server.apiUrl)
  const noting = new NotingCommand(stage.createFolder())
  const deployment = await createDeployment(api, POOL, { command: noting.command })
  const warmUp = await api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})
  await noting.waitForStarts([warmUp.id], WAIT_SECONDS)
  const all: Burst = { started: [], completed: [], states: {} }
  for (let made = 0; made < count; made++) {
    // Not always at the same moment of the worker's pause.
    await sleep(Math.random() * (querySeconds ?? 10) * 1000)
    const createdAt = Date.now()
    const { ids, refusals } = await createAtOnce(stage, { apiUrl: server.apiUrl, deployment, count: RUNS })
    const starts = await noting.waitForStarts(ids, WAIT_SECONDS)
    const runs = await waitForStates(api, ids, { name: 'Completed', seconds: REPORT_SECONDS })
    const states = countStates(runs)
    all.states = addCounts(addCounts(all.states, states), refusals)
    if (starts.every((start) => start !== null)) all.started.push(Math.max(...(starts as number[])) - createdAt)
    if (states.Completed === RUNS) all.completed.push(Math.max(...runs.map((run) => Date.parse(run.end_time!))) - createdAt)
  }
  await worker.stop()
  await server.child.stop()
  return all
}
