import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts } from '../figures.ts'
import { readProportionalMebibytes } from '../stage/process-tree.ts'
import { createFlowDeployment } from './flow-deployment.ts'
import type { Group } from './group.ts'
import { NotingCommand } from './noting-command.ts'
import { countStates, createAtOnce, waitForStates } from './runs-at-once.ts'

const POOL = 'bench'
const RUNS = 50
const WAIT_SECONDS = 300
const READ_MILLISECONDS = 500

/** 50 runs of a TypeScript flow, created at once: until all are Completed, and the most memory of the worker's tree meanwhile. */
export const flowBurst: Group = {
  name: 'flow-burst',
  title: `Burst of ${RUNS} TypeScript flows`,
  databases: ['sqlite', 'postgres'],
  quickDatabases: [],
  async measure(stage, scale, tell) {
    const server = await stage.startServer()
    const worker = await stage.startWorker(server, POOL, null)
    const api = stage.connect(server.apiUrl)
    const folder = stage.createFolder()
    const noting = new NotingCommand(folder)
    const deployment = await createFlowDeployment(api, stage.product, { pool: POOL, folder, noting })
    const warmUp = await api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})
    await waitForStates(api, [warmUp.id], { name: 'Completed', seconds: WAIT_SECONDS })
    const samples: number[] = []
    const memory: number[] = []
    let states: Record<string, number> = {}
    for (let made = 0; made < scale.bursts; made++) {
      let most = 0
      const timer = setInterval(() => (most = Math.max(most, readProportionalMebibytes(worker.pid))), READ_MILLISECONDS)
      const createdAt = Date.now()
      const { ids, refusals } = await createAtOnce(stage, { apiUrl: server.apiUrl, deployment, count: RUNS })
      const runs = await waitForStates(api, ids, { name: 'Completed', seconds: WAIT_SECONDS })
      clearInterval(timer)
      const counts = countStates(runs)
      states = addCounts(addCounts(states, counts), refusals)
      if (counts.Completed === RUNS) samples.push(Math.max(...runs.map((run) => Date.parse(run.end_time!))) - createdAt)
      memory.push(most)
      await sleep(1000)
    }
    tell(`burst of ${RUNS} TypeScript flows: ${JSON.stringify({ samples, memory, states })}`)
    const { Completed: _, ...others } = states
    const what = `burst of ${RUNS} TypeScript flows`
    return [
      { what: `${what}: all Completed`, figure: { kind: 'times', show: 'median', samples } },
      { what: `${what}: most memory of the worker's tree`, figure: { kind: 'amount', unit: 'MiB', samples: memory } },
      {
        what: `${what}: last state other than Completed, errors`,
        figure: { kind: 'errors', counts: others, tries: RUNS * scale.bursts },
      },
    ]
  },
}
