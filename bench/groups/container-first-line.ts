import { openSync, readFileSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../figures.ts'
import type { ContainerSystem } from './container-system.ts'

/** Prints the clock of the machine in microseconds, which busybox's `date` does not, and everything else before and after it. */
const COMMAND = 'adjtimex'
const WAIT_SECONDS = 60
/** What `docker run` may take longer by, and how much longer still: the target. */
const FACTOR = 1.15
const REST_MILLISECONDS = 50

/** Milliseconds since the start: until the container wrote, until the client had it, until the server had it. */
type Delays = { written: number; atClient: number; atServer: number }

/** From created to the first line of output, one run at a time, in turns with `docker run` of the same. */
export async function measureFirstLines(system: ContainerSystem, count: number, tell: (text: string) => void): Promise<Result[]> {
  const deployment = await system.createDeployment(COMMAND)
  const ours: Delays[] = []
  const dockers: Omit<Delays, 'atServer'>[] = []
  const runOurs = async () => ours.push(await timeRun(system, deployment))
  const runDocker = async () => dockers.push(await timeDocker(system))
  await runOurs()
  await runDocker()
  // The first of each is not counted.
  ours.length = 0
  dockers.length = 0
  for (let pair = 0; pair < count; pair++) {
    for (const run of pair % 2 === 0 ? [runOurs, runDocker] : [runDocker, runOurs]) await run()
  }
  tell(`first line in a container: ${JSON.stringify({ ours, dockers })}`)
  return [
    ...compare('first line written in a container', 'written', { ours, dockers }),
    ...compare('first line at the client', 'atClient', { ours, dockers }),
    {
      what: 'created -> first line can be read at the server',
      figure: { kind: 'times', show: 'quantiles', samples: ours.map(({ atServer }) => atServer) },
    },
  ]
}

function compare(
  what: string,
  name: 'written' | 'atClient',
  { ours, dockers }: { ours: Delays[]; dockers: Omit<Delays, 'atServer'>[] },
): Result[] {
  const pairs = ours.map((delays, index) => [delays[name], dockers[index]![name]] as const)
  return [
    { what: `created -> ${what}`, figure: { kind: 'times', show: 'quantiles', samples: pairs.map(([our]) => our) } },
    {
      what: `\`docker run\` -> ${what}`,
      figure: { kind: 'times', show: 'quantiles', samples: pairs.map(([, docker]) => docker) },
    },
    {
      what: `${what}: times as long as \`docker run\``,
      figure: { kind: 'amount', unit: 'x', samples: pairs.map(([our, docker]) => our / docker) },
    },
    {
      what: `${what}: over ${FACTOR}x \`docker run\` (target: at most ${REST_MILLISECONDS} ms)`,
      figure: { kind: 'amount', unit: 'ms', samples: pairs.map(([our, docker]) => our - FACTOR * docker) },
    },
  ]
}

async function timeRun(system: ContainerSystem, deployment: string): Promise<Delays> {
  const log = system.worker.log
  const before = readFileSync(log).length
  const createdAt = Date.now()
  const id = await system.createRun(deployment)
  const atClient = await waitForClock(log, before)
  const { at: atServer, text } = await waitForLogs(system, id)
  await system.waitForEnd(id)
  return { written: readClock(text) - createdAt, atClient: atClient - createdAt, atServer: atServer - createdAt }
}

async function timeDocker({ engine }: ContainerSystem): Promise<Omit<Delays, 'atServer'>> {
  const startedAt = Date.now()
  const { output, firstAt } = await engine.run([COMMAND])
  await engine.waitForNone(WAIT_SECONDS)
  return { written: readClock(output) - startedAt, atClient: firstAt - startedAt }
}

/** When the worker had written the clock to its own output, looked at every two milliseconds. */
async function waitForClock(file: string, from: number): Promise<number> {
  const log = openSync(file, 'r')
  const part = Buffer.alloc(64 * 1024)
  const deadline = performance.now() + WAIT_SECONDS * 1000
  while (performance.now() < deadline) {
    const length = readSync(log, part, 0, part.length, from)
    if (part.subarray(0, length).includes('time.tv_sec')) return Date.now()
    await sleep(2)
  }
  throw new Error(`No line of output came to the worker in ${WAIT_SECONDS} s.`)
}

/** When a run's output could be read at the server, asked only after the worker had it. */
async function waitForLogs({ api }: ContainerSystem, id: string): Promise<{ at: number; text: string }> {
  const deadline = performance.now() + WAIT_SECONDS * 1000
  const body = { logs: { flow_run_id: { any_: [id] } }, limit: 200 }
  while (performance.now() < deadline) {
    const lines = await api.expect<{ message: string }[]>('POST', '/logs/filter', body)
    const text = lines.map(({ message }) => message).join('\n')
    if (text.includes('time.tv_usec')) return { at: Date.now(), text }
    await sleep(10)
  }
  throw new Error(`No line of output came to the server in ${WAIT_SECONDS} s.`)
}

/** The wall clock in milliseconds, as the container printed it. */
function readClock(text: string): number {
  const seconds = /time\.tv_sec:\s+(\d+)/.exec(text)?.[1]
  const microseconds = /time\.tv_usec:\s+(\d+)/.exec(text)?.[1]
  if (seconds === undefined || microseconds === undefined) throw new Error(`A container printed no clock: ${text}`)
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}
