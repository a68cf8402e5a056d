import { setTimeout as sleep } from 'node:timers/promises'
import { CountingProxy } from '../stage/counting-proxy.ts'
import { canReadUsage, readUsage } from '../stage/process-tree.ts'
import { createDeployment } from './deployments.ts'
import { type Group, MissingOnMachine } from './group.ts'
import { NotingCommand } from './noting-command.ts'
import { createAtOnce } from './runs-at-once.ts'

const POOL = 'bench'
const WAIT_SECONDS = 180
const AT_ONCE = 10

/** A worker of processes in its default configuration: its memory, and what it asks the server for while nothing is due. */
export const worker: Group = {
  name: 'worker',
  title: 'Worker: memory, requests while idle',
  databases: ['sqlite'],
  async measure(stage, scale, tell) {
    if (!canReadUsage()) throw new MissingOnMachine('memory is read from /proc, which this system does not have')
    const server = await stage.startServer()
    const proxy = await CountingProxy.start(server.apiUrl)
    stage.onClose(() => proxy.close())
    const child = await stage.startWorker(proxy, POOL, null)
    await sleep(scale.settleSeconds * 1000)
    const before = readUsage(child.pid)
    proxy.reset()
    await sleep(scale.restSeconds * 1000)
    const [asked, byName] = [proxy.total, [...proxy.requests].map(([name, count]) => `${count} x ${name}`)]
    const atRest = readUsage(child.pid)

    const api = stage.connect(server.apiUrl)
    const noting = new NotingCommand(stage.createFolder())
    const deployment = await createDeployment(api, POOL, { command: noting.command })
    for (let made = 0; made < scale.workerRuns; made += AT_ONCE) {
      const { ids } = await createAtOnce(stage, { apiUrl: server.apiUrl, deployment, count: AT_ONCE })
      const starts = await noting.waitForStarts(ids, WAIT_SECONDS)
      if (starts.includes(null)) throw new Error(`A run was not started in ${WAIT_SECONDS} s.`)
    }
    await sleep(scale.settleSeconds * 1000)
    const after = readUsage(child.pid)
    const restPercent = ((atRest.cpuSeconds - before.cpuSeconds) / scale.restSeconds) * 100
    tell(
      `${atRest.residentMebibytes.toFixed(0)} MiB at rest, ${after.residentMebibytes.toFixed(0)} MiB after ${scale.workerRuns} runs`,
    )
    tell(`requests in ${scale.restSeconds} s at rest: ${byName.join(', ') || 'none'}`)
    return [
      { what: 'worker memory at rest', figure: { kind: 'amount', unit: 'MiB', samples: [atRest.residentMebibytes] } },
      {
        what: `worker memory after ${scale.workerRuns} runs`,
        figure: { kind: 'amount', unit: 'MiB', samples: [after.residentMebibytes] },
      },
      {
        what: `requests of an idle worker, over ${scale.restSeconds} s`,
        figure: { kind: 'amount', unit: 'in 10 s', samples: [(asked / scale.restSeconds) * 10] },
      },
      {
        what: `worker's processor at rest, over ${scale.restSeconds} s`,
        figure: { kind: 'amount', unit: '% of a core', samples: [restPercent] },
      },
    ]
  },
}
