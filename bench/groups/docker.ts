import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts, type Result } from '../figures.ts'
import { DockerEngine } from '../stage/docker-engine.ts'
import { readUsage } from '../stage/process-tree.ts'
import { measureFirstLines } from './container-first-line.ts'
import { ContainerSystem } from './container-system.ts'
import { type Group, MissingOnMachine } from './group.ts'
import { countStates, createAtOnce, waitForStates } from './runs-at-once.ts'

const BURST = 20
const BURST_SECONDS = 180
/** So long may the containers take that are watched then. */
const START_SECONDS = 300
/** Just after the last start, a worker still holds what starting needed. */
const SETTLE_SECONDS = 5
const READINGS = 10

/** Runs in containers of a Docker engine of our own: the first line of one, a burst, and the memory of a worker that watches many. */
export const docker: Group = {
  name: 'docker',
  title: 'Runs in containers',
  databases: ['sqlite'],
  quickDatabases: [],
  async measure(stage, scale, tell) {
    if (stage.product.name !== 'aedile') {
      tell('skipped: beside ours is `docker run`')
      return []
    }
    const why = DockerEngine.whyNot()
    if (why !== null) throw new MissingOnMachine(`no Docker engine can be started: ${why}`)
    const engine = await stage.startEngine()
    const results: Result[] = []
    const measureWith = async (measure: (system: ContainerSystem) => Promise<Result[]>) => {
      const system = await ContainerSystem.start(stage, engine)
      results.push(...(await measure(system)))
      await system.stop()
    }
    await measureWith((system) => measureFirstLines(system, scale.containers, tell))
    await measureWith((system) => measureBursts(system, scale.bursts, tell))
    // The last one: it leaves its containers to the end of the engine.
    await measureWith((system) => measureWatching(system, scale.watchedContainers, tell))
    return results
  },
}

async function measureBursts(system: ContainerSystem, count: number, tell: (text: string) => void): Promise<Result[]> {
  const { stage, server, api, engine } = system
  const deployment = await system.createDeployment('true')
  await system.waitForEnd(await system.createRun(deployment))
  const samples: number[] = []
  let states: Record<string, number> = {}
  for (let made = 0; made < count; made++) {
    const createdAt = Date.now()
    const { ids, refusals } = await createAtOnce(stage, { apiUrl: server.apiUrl, deployment, count: BURST })
    const runs = await waitForStates(api, ids, { name: 'Completed', seconds: BURST_SECONDS })
    const counts = countStates(runs)
    states = addCounts(addCounts(states, counts), refusals)
    if (counts.Completed === BURST) samples.push(Math.max(...runs.map((run) => Date.parse(run.end_time!))) - createdAt)
    await engine.waitForNone(BURST_SECONDS)
  }
  tell(`burst of ${BURST} containers: ${JSON.stringify({ samples, states })}`)
  const { Completed: _, ...others } = states
  const what = `burst of ${BURST} containers`
  return [
    { what: `${what}: all Completed`, figure: { kind: 'times', show: 'median', samples } },
    {
      what: `${what}: last state other than Completed, errors`,
      figure: { kind: 'errors', counts: others, tries: BURST * count },
    },
  ]
}

async function measureWatching(system: ContainerSystem, count: number, tell: (text: string) => void): Promise<Result[]> {
  const { stage, server, api, worker } = system
  await sleep(SETTLE_SECONDS * 1000)
  const atRest = readUsage(worker.pid).residentMebibytes
  const deployment = await system.createDeployment('sleep 3600')
  const { ids } = await createAtOnce(stage, { apiUrl: server.apiUrl, deployment, count })
  const runs = await waitForStates(api, ids, { name: 'Running', seconds: START_SECONDS })
  const watched = countStates(runs).Running ?? 0
  await sleep(SETTLE_SECONDS * 1000)
  const readings: number[] = []
  for (let reading = 0; reading < READINGS; reading++) {
    readings.push(readUsage(worker.pid).residentMebibytes)
    await sleep(1000)
  }
  const most = Math.max(...readings)
  tell(`worker: ${atRest.toFixed(0)} MiB at rest, at most ${most.toFixed(0)} MiB while it watches ${watched} containers`)
  return [
    { what: 'memory of the worker at rest', figure: { kind: 'amount', unit: 'MiB', samples: [atRest] } },
    {
      what: `memory of the worker, watching ${count} containers (target: under 143 MiB)`,
      figure: { kind: 'amount', unit: 'MiB', samples: [most] },
    },
    { what: 'containers watched for it', figure: { kind: 'count', count: watched } },
  ]
}
