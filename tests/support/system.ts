import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiClient, createClient } from '@aedile/core/client/client'
import { createDeployment, createDeploymentFlowRun, type DeploymentFlowRunBody } from '@aedile/core/client/deployments'
import { readFlowRun, readFlowRunStates, setFlowRunState } from '@aedile/core/client/flow-runs'
import { createFlow } from '@aedile/core/client/flows'
import { filterLogs } from '@aedile/core/client/logs'
import { createWorkPool } from '@aedile/core/client/work-pools'
import type { JsonObject } from '@aedile/core/json'
import type { Deployment, DeploymentCreate } from '@aedile/core/resources/deployment'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { Log } from '@aedile/core/resources/log'
import type { State } from '@aedile/core/resources/state'
import { isTerminal } from '@aedile/core/states'
import { createDatabase, type DatabaseKind, type SystemDatabase } from './databases.ts'
import { until } from './network.ts'
import { type Program, startAedile } from './program.ts'

/**
 * A whole system for a story: a real server as a child process on a database of its own, workers as child processes, all
 * under one home directory. Everything is looked at from outside: the API, the database, /proc, the file system.
 */
export type System = {
  readonly home: string
  readonly database: SystemDatabase
  readonly client: ApiClient
  readonly url: string
  /** Starts the server again, at the same address. */
  startServer(): Promise<void>
  /** Ends the server; SIGKILL unless said otherwise. */
  endServer(signal?: NodeJS.Signals): Promise<void>
  /** Starts a worker, and resolves when it says that it is ready (or at once). */
  startWorker(options?: WorkerStart): Promise<Program>
  /** Ends everything that was started, runs included, and removes home and database. */
  close(): Promise<void>
}

type WorkerStart = {
  name?: string
  pool?: string
  /** Another address of the server, e.g. of a proxy. */
  apiUrl?: string
  args?: string[]
  environment?: Record<string, string>
  /** Resolve at once, without waiting for the worker to be ready. */
  withoutWaiting?: boolean
}

/** The pool that a system's workers and deployments use when nothing else is said. */
export const POOL = 'story'

/** Intervals for stories: everything that would wait seconds waits less. */
const QUICK_WORKER = {
  AEDILE_WORKER_QUERY_SECONDS: '0.3',
  AEDILE_WORKER_HEARTBEAT_SECONDS: '2',
  AEDILE_WORKER_CANCELLATION_POLL_SECONDS: '0.3',
  AEDILE_WORKER_OUTPUT_BATCH_SECONDS: '0.1',
  AEDILE_WORKER_GRACE_SECONDS: '1',
  AEDILE_WORKER_STREAM_OUTPUT: 'false',
}

const QUICK_SERVER = {
  AEDILE_SERVICES_ATTEMPTS_INTERVAL_SECONDS: '0.5',
  AEDILE_SERVICES_RECENT_SCHEDULER_INTERVAL_SECONDS: '1',
}

/** Starts a system. Close it in any case: it holds processes, a directory and perhaps a database. */
export async function startSystem(kind: DatabaseKind = 'sqlite', environment: Record<string, string> = {}): Promise<System> {
  const home = await mkdtemp(join(tmpdir(), 'aedile-story-'))
  const database = await createDatabase(kind, home)
  const serverEnvironment = { AEDILE_HOME: home, AEDILE_DATABASE_URL: database.url, ...QUICK_SERVER, ...environment }
  const programs: Program[] = []
  let server: Program | null = null
  let port = 0

  async function startServer(): Promise<void> {
    const program = startAedile(['--json', 'server', 'start', '--port', String(port)], serverEnvironment)
    server = program
    port = await until('the server answers', () => readPort(program), 60)
  }
  async function endServer(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await server?.end(signal)
  }
  async function startWorker(start: WorkerStart = {}): Promise<Program> {
    const args = ['worker', 'start', '--pool', start.pool ?? POOL, '--name', start.name ?? 'story-worker', ...(start.args ?? [])]
    const program = startAedile(args, {
      AEDILE_HOME: home,
      AEDILE_API_URL: start.apiUrl ?? url(),
      ...QUICK_WORKER,
      ...start.environment,
    })
    programs.push(program)
    if (!start.withoutWaiting) await until('the worker is ready', async () => isReady(program), 60)
    return program
  }
  async function close(): Promise<void> {
    await Promise.all(programs.map((program) => program.end('SIGKILL')))
    await endServer('SIGKILL')
    for (const { pid } of await listProcesses(home)) endProcess(pid)
    await database.remove()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
  const url = () => `http://127.0.0.1:${port}/api`

  try {
    await startServer()
  } catch (error) {
    await close()
    throw error
  }
  // No retries: a story that ends its server decides by itself how long it waits.
  const client = createClient({ apiUrl: url(), maxRetries: 2, timeoutSeconds: 20 })
  return { home, database, client, url: url(), startServer, endServer, startWorker, close }
}

async function readPort(program: Program): Promise<number | null> {
  if (program.child.exitCode !== null) throw new Error(`The server ended.\n${program.stdout()}\n${program.stderr()}`)
  const match = /"port":\s*(\d+)/.exec(program.stdout())
  return match ? Number(match[1]) : null
}

function isReady(program: Program): boolean {
  const text = program.stdout() + program.stderr()
  // A worker with --run-once may have ended by now, after it was ready.
  if (/started for work pool/.test(text)) return true
  if (program.child.exitCode !== null) throw new Error(`The worker ended.\n${text}`)
  return false
}

/** Makes the pool that a story uses. */
export async function createPool(system: System, name = POOL): Promise<void> {
  await createWorkPool(system.client, { name, type: 'process' })
}

/** Makes a deployment of a plain shell command, read by `/bin/sh`. */
export async function createCommandDeployment(
  system: System,
  command: string,
  options: { name?: string; pool?: string; variables?: JsonObject; body?: Partial<DeploymentCreate> } = {},
): Promise<Deployment> {
  const flow = await createFlow(system.client, { name: 'command' })
  const variables = { command: `/bin/sh -c '${command.replaceAll("'", `'"'"'`)}'`, ...options.variables }
  return createDeployment(system.client, {
    name: options.name ?? `command-${randomUUID().slice(0, 8)}`,
    flow_id: flow.id,
    work_pool_name: options.pool ?? POOL,
    job_variables: variables,
    enforce_parameter_schema: false,
    ...options.body,
  })
}

/** Asks for a run of a deployment, due at once. */
export function createRun(system: System, deployment: Deployment, body: DeploymentFlowRunBody = {}): Promise<FlowRun> {
  return createDeploymentFlowRun(system.client, deployment.id, { idempotency_key: randomUUID(), ...body })
}

/** Waits until the run's state has this type (or name). Fails at once when it ended in another one. */
export function waitForState(system: System, run: { id: string }, wanted: string, seconds = 60): Promise<FlowRun> {
  return until(
    `run ${run.id} is ${wanted}`,
    async () => {
      const found = await readFlowRun(system.client, run.id).catch(() => null)
      if (found === null) return null
      if (found.state_type === wanted || found.state_name === wanted) return found
      if (isTerminal(found.state_type)) throw new Error(`The run is ${found.state_name}: ${found.state?.message}`)
      return null
    },
    seconds,
  )
}

/** Waits until the run is over, however. */
export function waitForEnd(system: System, run: { id: string }, seconds = 60): Promise<FlowRun> {
  return until(
    `run ${run.id} is over`,
    async () => {
      const found = await readFlowRun(system.client, run.id).catch(() => null)
      return found && isTerminal(found.state_type) ? found : null
    },
    seconds,
  )
}

/** The names of the states that a run went through. */
export async function readStateNames(system: System, run: { id: string }): Promise<string[]> {
  return (await readStates(system, run)).map((state) => state.name ?? state.type)
}

function readStates(system: System, run: { id: string }): Promise<State[]> {
  return readFlowRunStates(system.client, run.id)
}

/** Asks that a run be cancelled, as the command line and the user interface do. */
export async function cancelRun(system: System, run: { id: string }): Promise<void> {
  await setFlowRunState(system.client, run.id, { type: 'CANCELLING', name: 'Cancelling' })
}

/** All lines of a run's log, in their order. */
export async function readLogs(system: System, run: { id: string }): Promise<Log[]> {
  const lines: Log[] = []
  for (;;) {
    const page = await filterLogs(system.client, {
      logs: { flow_run_id: { any_: [run.id] } },
      limit: 200,
      offset: lines.length,
      sort: 'TIMESTAMP_ASC',
    })
    lines.push(...page)
    if (page.length < 200) return lines
  }
}

/** The lines that the run's own processes wrote, in their order. */
export async function readOutput(system: System, run: { id: string }, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string[]> {
  return (await readLogs(system, run)).filter((line) => line.name === `aedile.${stream}`).map((line) => line.message)
}

/** A living process that carries an attempt's marker. */
export type AttemptProcess = { pid: number; attempt: string; flowRunId: string | null; command: string }

/** The living processes of this home's attempts, found by the marker in their environment. */
export async function attemptProcesses(home: string): Promise<AttemptProcess[]> {
  return (await listProcesses(home)).flatMap(({ pid, environment, command }) => {
    const attempt = environment.get('AEDILE_ATTEMPT')
    return attempt ? [{ pid, attempt, flowRunId: environment.get('PREFECT__FLOW_RUN_ID') ?? null, command }] : []
  })
}

/** What attempts have left: processes, directories, notes. Empty when nothing is. */
export async function leftovers(home: string): Promise<string[]> {
  const [processes, directories, notes] = await Promise.all([
    attemptProcesses(home),
    listFolder(join(home, 'process', 'attempts')),
    listFolder(join(home, 'worker')),
  ])
  return [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...directories, ...notes]
}

/** Waits until nothing of any attempt is left. */
export async function waitUntilClean(home: string, seconds = 20): Promise<void> {
  const isClean = async () => (await leftovers(home)).length === 0
  await until('nothing is left of any attempt', isClean, seconds).catch(async (error: Error) => {
    throw new Error(`${error.message}, but ${(await leftovers(home)).join('; ')}`)
  })
}

async function listFolder(folder: string): Promise<string[]> {
  return existsSync(folder) ? (await readdir(folder)).map((name) => join(folder, name)) : []
}

/** Ends a process that a test started or caused; not an error when it is gone. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

type Found = { pid: number; command: string; environment: Map<string, string> }

/** Everything that runs with this home in its environment. */
async function listProcesses(home: string): Promise<Found[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(pids.map((pid) => readProcess(Number(pid)).catch(() => null)))
  return found.filter((one): one is Found => one?.environment.get('AEDILE_HOME') === home)
}

async function readProcess(pid: number): Promise<Found> {
  const [environment, command] = await Promise.all([
    readFile(`/proc/${pid}/environ`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
  ])
  const pairs = environment.split('\0').map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return { pid, environment: new Map(pairs), command: command.replaceAll('\0', ' ').trim() }
}
