import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiConnection } from '../load/api-connection.ts'
import type { Database, Launch, Place, Product, WorkerKind } from '../products/product.ts'
import { Child } from './child.ts'
import { DockerEngine } from './docker-engine.ts'
import type { PostgresCluster } from './postgres.ts'

const START_SECONDS = 90

export type RunningServer = { child: Child; apiUrl: string; place: Place; home: string; readySeconds: number }

/** Where one product is measured once: a folder, a database, and what was started there. Closing it leaves nothing. */
export class Stage {
  readonly product: Product
  readonly database: Database
  readonly folder: string
  /** On Postgres, where its databases are. */
  readonly cluster: PostgresCluster | null
  readonly #closers: (() => Promise<void> | void)[] = []

  constructor(product: Product, database: Database, options: { cache: string; cluster: PostgresCluster | null }) {
    this.product = product
    this.database = database
    mkdirSync(options.cache, { recursive: true })
    this.folder = mkdtempSync(join(options.cache, `${product.name}-`))
    this.cluster = database === 'postgres' ? options.cluster : null
    this.#closers.push(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** An empty home directory and, on Postgres, an empty database. */
  async createPlace(): Promise<Place> {
    const home = mkdtempSync(join(this.folder, 'home-'))
    const place = { home, postgres: this.#createDatabase() }
    await this.product.prepare?.(place)
    return place
  }

  #createDatabase(): Place['postgres'] {
    const { cluster } = this
    if (cluster === null) return null
    const name = cluster.createDatabase()
    this.#closers.push(() => cluster.dropDatabase(name))
    return { port: cluster.port, name }
  }

  /** Starts a server in a place, a new one unless another is given, and waits until its health is answered. */
  async startServer(given?: Place, environment: Record<string, string> = {}): Promise<RunningServer> {
    const place = given ?? (await this.createPlace())
    const port = await findFreePort()
    const launch = this.product.server({ ...place, port })
    const child = this.#spawn({ ...launch, env: { ...launch.env, ...environment } }, 'server.log')
    const apiUrl = `http://127.0.0.1:${port}/api`
    await waitUntil(() => answersHealth(apiUrl), { child, what: 'the server', pauseMilliseconds: 5 })
    return { child, apiUrl, place, home: place.home, readySeconds: (performance.now() - child.startedAt) / 1000 }
  }

  /** Starts a worker, of processes unless said otherwise, and waits until the server calls it online. */
  async startWorker(
    { apiUrl }: Pick<RunningServer, 'apiUrl'>,
    pool: string,
    querySeconds: number | null,
    kind: WorkerKind = { type: 'process', environment: {} },
  ): Promise<Child> {
    const home = mkdtempSync(join(this.folder, 'worker-'))
    const child = this.#spawn(this.product.worker({ apiUrl, home, pool, querySeconds, ...kind }), 'worker.log')
    const api = this.connect(apiUrl)
    const isOnline = async () => {
      const { status, body } = await api.send('POST', `/work_pools/${pool}/workers/filter`, {})
      return status === 200 && (body as { status: string }[]).some((worker) => worker.status === 'ONLINE')
    }
    await waitUntil(isOnline, { child, what: 'the worker', pauseMilliseconds: 20 })
    return child
  }

  /** Starts a Docker engine with the test image in it. */
  async startEngine(): Promise<DockerEngine> {
    const engine = await DockerEngine.start()
    this.#closers.push(() => engine.stop())
    return engine
  }

  /** Ends something when the stage is closed. */
  onClose(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  /** An empty folder. */
  createFolder(): string {
    return mkdtempSync(join(this.folder, 'files-'))
  }

  connect(apiUrl: string): ApiConnection {
    const connection = new ApiConnection(apiUrl)
    this.#closers.push(() => connection.close())
    return connection
  }

  /** Stops what runs, the last one first, and removes folder and databases. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }

  #spawn(launch: Launch, log: string): Child {
    const child = new Child(launch, { cwd: this.folder, log: join(this.folder, log) })
    this.#closers.push(() => child.stop())
    return child
  }
}

async function waitUntil(
  isSo: () => Promise<boolean>,
  { child, what, pauseMilliseconds }: { child: Child; what: string; pauseMilliseconds: number },
): Promise<void> {
  const deadline = performance.now() + START_SECONDS * 1000
  while (performance.now() < deadline) {
    child.mustRun()
    if (await isSo().catch(() => false)) return
    await sleep(pauseMilliseconds)
  }
  throw new Error(`${what} was not ready in ${START_SECONDS} s.`)
}

async function answersHealth(apiUrl: string): Promise<boolean> {
  const connection = new ApiConnection(apiUrl)
  try {
    return (await connection.send('GET', '/health', undefined, 5)).status === 200
  } finally {
    connection.close()
  }
}

/** A port that nobody listens on just now. */
function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
