import { setTimeout as sleep } from 'node:timers/promises'
import { runLoad } from '../load/run-load.ts'
import { canReadUsage, readUsage } from '../stage/process-tree.ts'
import type { Group } from './group.ts'
import { describeLoad } from './load-results.ts'

/** So long at most: what a slow server has made until then is what its figure is of. */
const LOAD_SECONDS = 120

/** Memory (RSS of the server and what it started) and processor time at rest, and memory after many runs. */
export const memory: Group = {
  name: 'memory',
  title: 'Server memory and processor',
  databases: ['sqlite', 'postgres'],
  quickDatabases: ['sqlite'],
  async measure(stage, scale, tell) {
    if (!canReadUsage()) {
      tell('skipped: memory is read from /proc, which this system does not have')
      return []
    }
    const { child, apiUrl } = await stage.startServer()
    await sleep(scale.settleSeconds * 1000)
    const before = readUsage(child.pid)
    await sleep(scale.restSeconds * 1000)
    const atRest = readUsage(child.pid)
    const restPercent = ((atRest.cpuSeconds - before.cpuSeconds) / scale.restSeconds) * 100
    const flow = await stage.connect(apiUrl).expect<{ id: string }>('POST', '/flows/', { name: 'bench' })
    const load = await runLoad({
      apiUrl,
      work: { name: 'runs', flowId: flow.id },
      // A genuine server on SQLite makes no headway with more than one.
      connections: stage.product.name === 'genuine' && stage.database === 'sqlite' ? 1 : 8,
      warmUpSeconds: 0,
      seconds: LOAD_SECONDS,
      times: scale.runsForMemory,
    })
    const after = readUsage(child.pid)
    tell(`${atRest.residentMebibytes.toFixed(0)} MiB at rest, ${after.residentMebibytes.toFixed(0)} MiB after ${load.done} runs`)
    tell(describeLoad('the runs', load, 'runs'))
    return [
      { what: 'memory at rest', figure: { kind: 'amount', unit: 'MiB', samples: [atRest.residentMebibytes] } },
      {
        what: `memory after ${scale.runsForMemory.toLocaleString('en')} runs`,
        figure: { kind: 'amount', unit: 'MiB', samples: [after.residentMebibytes] },
      },
      { what: 'runs made for it', figure: { kind: 'count', count: load.done } },
      {
        what: `processor at rest, over ${scale.restSeconds} s`,
        figure: { kind: 'amount', unit: '% of a core', samples: [restPercent] },
      },
    ]
  },
}
