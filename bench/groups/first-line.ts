import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts } from '../figures.ts'
import { createFlowDeployment } from './flow-deployment.ts'
import type { Group } from './group.ts'
import { NotingCommand } from './noting-command.ts'

const POOL = 'bench'
const LARGEST_PAUSE_SECONDS = 1
const WAIT_SECONDS = 60

/** From the request that creates a run until the first line of its flow's function, in the default configuration. */
export const firstLine: Group = {
  name: 'first-line',
  title: 'Created -> first line of user code',
  databases: ['sqlite', 'postgres'],
  quickDatabases: ['sqlite'],
  async measure(stage, scale, tell) {
    const server = await stage.startServer()
    await stage.startWorker(server, POOL, null)
    const api = stage.connect(server.apiUrl)
    const folder = stage.createFolder()
    const noting = new NotingCommand(folder)
    const deployment = await createFlowDeployment(api, stage.product, { pool: POOL, folder, noting })
    const samples: number[] = []
    let missing = 0
    // The first one fills the caches of the file system, and Node's own of compiled code.
    for (let run = 0; run <= scale.flowRuns; run++) {
      await sleep(Math.random() * LARGEST_PAUSE_SECONDS * 1000)
      const at = Date.now()
      const { id } = await api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})
      // One at a time: the next begins when nothing of this one is left.
      const [start] = await noting.waitForStarts([id], WAIT_SECONDS)
      await sleep(END_SECONDS * 1000)
      if (run === 0) continue
      if (start == null) missing++
      else samples.push(start - at)
    }
    const what = 'created -> first line of a TypeScript flow'
    tell(`${what}: ${samples.map((sample) => sample.toFixed(0)).join(', ')} ms, ${missing} not started in ${WAIT_SECONDS} s`)
    const counts = addCounts(api.refusals, missing > 0 ? { 'not started': missing } : {})
    return [
      { what, figure: { kind: 'times', show: 'quantiles', samples } },
      { what: `${what}: errors`, figure: { kind: 'errors', counts, tries: scale.flowRuns } },
    ]
  },
}

/** So long a process may take to end after its flow's only line. */
const END_SECONDS = 0.5
