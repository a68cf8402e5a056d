// A server with nothing of Aedile in it: Fastify, the drivers of Aedile's store, its tables. It answers what the load asks
// for, parses and stores what must be stored, and checks and decides nothing.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Fastify, { type FastifyRequest } from 'fastify'
import type { BareStore } from './bare-store.ts'
import { toEventDocument, toRunDocument, toStateDocument } from './documents.ts'
import {
  type GivenEvent,
  type GivenLine,
  type GivenRun,
  type GivenState,
  now,
  type Row,
  toEventRows,
  toLineRow,
  toMicroseconds,
  toRunRows,
  toStateRow,
} from './rows.ts'
import { serveSockets, type Workers } from './sockets.ts'
import { StateEvents } from './state-events.ts'

type Deployment = { id: string; flow_id: string; queueId: string | null; command: string }

const MOST_RUNS = 200

const { values } = parseArgs({
  options: { port: { type: 'string' }, home: { type: 'string' }, postgres: { type: 'string' }, synchronous: { type: 'string' } },
})
const store = await openStore()
const stateEvents = new StateEvents(store)
const app = Fastify({ bodyLimit: 16 * 1024 * 1024, keepAliveTimeout: 75_000 })
const workers = serveSockets(app.server, store)
serveApi(store, workers)
await app.listen({ host: '127.0.0.1', port: Number(values.port) })
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    workers.close()
    void app.close().then(() => store.close())
  })
}

async function openStore(): Promise<BareStore> {
  if (values.postgres !== undefined) return (await import('./postgres-bare-store.ts')).openPostgresBareStore(values.postgres)
  const { openSqliteBareStore } = await import('./sqlite-bare-store.ts')
  return openSqliteBareStore(join(values.home!, 'limit.db'), values.synchronous ?? 'normal')
}

function serveApi(store: BareStore, workers: Workers): void {
  const flows = new Map<string, string>()
  const queues = new Map<string, string>()
  const deployments = new Map<string, Deployment>()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  answer('get', '/health', 200, async () => true)
  answer('post', '/flows/', 201, async (body: { name: string }) => {
    const id = flows.get(body.name) ?? randomUUID()
    if (!flows.has(body.name)) await store.insert('flow', { ...stored(id), name: body.name, tags: '[]', labels: '{}' })
    flows.set(body.name, id)
    return { id, name: body.name }
  })
  answer('post', '/work_pools/', 201, async ({ name, type }: { name: string; type: string }) => createPool(name, type))
  answer('post', '/work_pools/filter', 200, async () => (await store.listPools()).map(toPoolDocument))
  answer('post', '/work_pools/:pool/workers/filter', 200, async () => (workers.count() > 0 ? [{ status: 'ONLINE' }] : []))
  answer(
    'post',
    '/work_pools/:pool/get_scheduled_flow_runs',
    200,
    async (body: { scheduled_before: string; limit?: number }, request) => {
      const { pool } = request.params as { pool: string }
      const queueId = queues.get(pool)!
      const rows = await store.readQueue(queueId, toMicroseconds(body.scheduled_before), body.limit ?? MOST_RUNS)
      return rows.map((row) => ({ work_pool_id: queueId, work_queue_id: queueId, flow_run: toRunDocument(row) }))
    },
  )
  answer(
    'post',
    '/deployments/',
    201,
    async (body: { flow_id: string; work_pool_name: string; job_variables: { command?: string } }) => {
      const id = randomUUID()
      const { command = '' } = body.job_variables
      deployments.set(id, { id, flow_id: body.flow_id, queueId: queues.get(body.work_pool_name) ?? null, command })
      return { id }
    },
  )
  answer('post', '/deployments/:id/create_flow_run', 201, async (body: GivenRun, request) => createRun(body, idOf(request)))
  answer('post', '/deployments/:id/create_flow_run/bulk', 201, async (bodies: GivenRun[], request) =>
    Promise.all(bodies.map((body) => createRun(body, idOf(request)))),
  )
  answer('post', '/flow_runs/', 201, async (body: GivenRun) => createRun(body, null))
  answer('post', '/flow_runs/:id/set_state', 201, async ({ state: given }: { state: GivenState }, request) => {
    const state = toStateRow(idOf(request), given)
    await store.changeState(state)
    stateEvents.tell(state)
    return { state: toStateDocument(state), status: 'ACCEPT', details: { type: 'accept_details' } }
  })
  answer('post', '/flow_runs/filter', 200, async (body: { flow_runs: RunsAsked; limit: number }) =>
    (await store.readRuns(toRunFilter(body))).map(toRunDocument),
  )
  answer('post', '/logs/', 201, async (lines: GivenLine[]) => {
    await store.appendLines(lines.map(toLineRow))
    return null
  })
  answer('post', '/events', 204, async (events: GivenEvent[]) => {
    const rows = events.map(toEventRows)
    await store.appendEvents({ events: rows.map(({ event }) => event), resources: rows.flatMap(({ resources }) => resources) })
  })
  answer('post', '/events/filter', 200, async (body: { filter: { resource: { id: string[] } }; limit: number }) => {
    const { total, rows } = await store.readEvents(body.filter.resource.id[0]!, body.limit)
    return { events: rows.map(toEventDocument), total, next_page: null }
  })

  function answer<Body>(
    method: 'get' | 'post',
    path: string,
    status: number,
    work: (body: Body, request: FastifyRequest) => Promise<unknown>,
  ): void {
    app[method](`/api${path}`, async (request, reply) => {
      const body = request.body ? (JSON.parse((request.body as Buffer).toString()) as Body) : (undefined as Body)
      const result = await work(body, request)
      reply.code(status)
      return result === undefined ? reply.send() : reply.type('application/json').send(JSON.stringify(result))
    })
  }

  async function createPool(name: string, type: string): Promise<object> {
    const [poolId, queueId] = [randomUUID(), randomUUID()]
    const template = JSON.stringify({ job_configuration: { command: '{{ command }}' }, variables: {} })
    const pool: Row = { ...stored(poolId), name, type, base_job_template: template, storage_configuration: '{}' }
    await store.insert('work_pool', pool)
    await store.insert('work_queue', { ...stored(queueId), work_pool_id: poolId, name: 'default', priority: 1, status: 'READY' })
    queues.set(name, queueId)
    return toPoolDocument(pool)
  }

  async function createRun(given: GivenRun, deploymentId: string | null): Promise<object> {
    const deployment = deploymentId === null ? null : deployments.get(deploymentId)!
    const of = deployment === null ? given : { ...given, flow_id: deployment.flow_id }
    const { run, state } = toRunRows(of, { deploymentId, queueId: deployment?.queueId ?? null })
    await store.insertRun(run, state)
    stateEvents.tell(state)
    if (deployment !== null && deployment.command !== '') workers.push({ id: String(run.id), command: deployment.command })
    return { ...toRunDocument(run), state: toStateDocument(state) }
  }
}

type RunsAsked = { id?: { any_: string[] }; state?: { type: { any_: string[] } }; start_time?: { after_: string } }

function toRunFilter({ flow_runs: asked, limit }: { flow_runs: RunsAsked; limit: number }) {
  if (asked.id) return { ids: asked.id.any_ }
  return { type: asked.state!.type.any_[0]!, since: toMicroseconds(asked.start_time!.after_), limit }
}

function idOf({ params }: FastifyRequest): string {
  return (params as { id: string }).id
}

function stored(id: string): Row {
  return { id, created: now(), updated: now() }
}

function toPoolDocument(row: Row): object {
  return { ...row, base_job_template: JSON.parse(String(row.base_job_template)), concurrency_limit: null, is_paused: false }
}
