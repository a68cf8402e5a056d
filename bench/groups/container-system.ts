import type { ApiConnection } from '../load/api-connection.ts'
import type { Child } from '../stage/child.ts'
import { type DockerEngine, IMAGE } from '../stage/docker-engine.ts'
import type { RunningServer, Stage } from '../stage/stage.ts'
import { createDeployment } from './deployments.ts'
import { waitForStates } from './runs-at-once.ts'

const POOL = 'bench'
const WAIT_SECONDS = 60

/** A server and a worker of containers in their default configuration. */
export class ContainerSystem {
  readonly stage: Stage
  readonly engine: DockerEngine
  readonly server: RunningServer
  readonly worker: Child
  readonly api: ApiConnection

  private constructor(stage: Stage, engine: DockerEngine, { server, worker }: { server: RunningServer; worker: Child }) {
    this.stage = stage
    this.engine = engine
    this.server = server
    this.worker = worker
    this.api = stage.connect(server.apiUrl)
  }

  /** Starts both; the worker asks for runs as often as it does by default. */
  static async start(stage: Stage, engine: DockerEngine): Promise<ContainerSystem> {
    const server = await stage.startServer()
    const worker = await stage.startWorker(server, POOL, null, { type: 'docker', environment: { DOCKER_HOST: engine.host } })
    return new ContainerSystem(stage, engine, { server, worker })
  }

  /** Creates a deployment of a command in the test image, and gives its id. Its containers are removed when they end. */
  createDeployment(command: string): Promise<string> {
    return createDeployment(this.api, POOL, { image: IMAGE, command, auto_remove: true })
  }

  /** Creates a run, and gives its id. */
  async createRun(deployment: string): Promise<string> {
    return (await this.api.expect<{ id: string }>('POST', `/deployments/${deployment}/create_flow_run`, {})).id
  }

  /** Waits until a run is Completed and its container removed. */
  async waitForEnd(id: string): Promise<void> {
    const [run] = await waitForStates(this.api, [id], { name: 'Completed', seconds: WAIT_SECONDS })
    if (run?.state_name !== 'Completed') throw new Error(`A run in a container is ${run?.state_name} after ${WAIT_SECONDS} s.`)
    await this.engine.waitForNone(WAIT_SECONDS)
  }

  async stop(): Promise<void> {
    await this.worker.stop()
    await this.server.child.stop()
  }
}
