import { workPoolCreate } from '@aedile/core/resources/work-pool'
import {
  CHANNEL_VERSION,
  DISPATCH_CAPABILITY,
  HEARTBEAT_CAPABILITY,
  type HelloFrame,
  SNAPSHOT_CAPABILITY,
} from '@aedile/core/worker-channel/frames'
import type { Transaction } from '../../store/store.ts'
import type { WorkPoolTable, WorkQueueTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError } from '../route.ts'
import { countActiveSlots, isReservedPoolName } from '../work-pools/find-work-pool.ts'
import { toWorkPool } from '../work-pools/work-pool-document.ts'
import { createWorkPool, updateWorkPool } from '../work-pools/write-work-pool.ts'
import { recordHeartbeat } from '../workers/record-heartbeat.ts'
import type { CloseReason } from './worker-channel.ts'

/** A worker that is not served, and the reason it is told. */
export class WorkerRefused extends Error {
  readonly reason: CloseReason

  constructor(reason: CloseReason, options?: { cause?: unknown }) {
    super(`A worker was refused: ${reason}`, options)
    this.reason = reason
  }
}

/** What a worker was told, and what the channel needs of it. */
export type Greeting = {
  ready: object
  accepted: string[]
  pool: WorkPoolTable
  /** The queues that it named; null for all. */
  queueIds: ReadonlySet<string> | null
}

const REQUIRED = [HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY]
const OFFERED = [...REQUIRED, DISPATCH_CAPABILITY]

/** Finds or makes the worker's pool, records its first heartbeat, and says what is accepted. Source: WC 2.6. */
export async function greetWorker(workspace: Workspace, poolName: string, { payload }: HelloFrame): Promise<Greeting> {
  checkRequest(payload)
  const { pool, queues, activeSlots } = await workspace.store.write((transaction) =>
    resolve(transaction, workspace, poolName, payload),
  )
  const requested = [...new Set(payload.requested_capabilities)]
  const accepted = OFFERED.filter((capability) => requested.includes(capability))
  return {
    pool,
    accepted,
    queueIds: payload.work_queue_names.length > 0 ? new Set(queues.map(({ id }) => id)) : null,
    ready: {
      consumer_id: payload.consumer_id,
      worker_id: null,
      selected_channel_version: CHANNEL_VERSION,
      effective_heartbeat_interval_seconds: payload.heartbeat_interval_seconds,
      accepted_capabilities: accepted,
      rejected_capabilities: requested.filter((capability) => !accepted.includes(capability)),
      effective_max_cleanup_concurrency: 0,
      resolved_work_queues: queues.map(({ id, name }) => ({ id, name })),
      initial_snapshot: { snapshot_sequence: 1, reason: 'initial', work_pool: toWorkPool(pool, activeSlots) },
    },
  }
}

type Payload = HelloFrame['payload']

function checkRequest(payload: Payload): void {
  const requested = new Set(payload.requested_capabilities)
  if (REQUIRED.some((capability) => !requested.has(capability))) throw new WorkerRefused('protocol_error')
  const wantsCleanup = requested.has('cleanup_delivery.v1')
  if (!wantsCleanup && (payload.handled_cleanup_kinds.length > 0 || payload.max_cleanup_concurrency > 0)) {
    throw new WorkerRefused('protocol_error')
  }
  if (!payload.supported_channel_versions.includes(CHANNEL_VERSION)) throw new WorkerRefused('unsupported_version')
}

async function resolve(transaction: Transaction, workspace: Workspace, poolName: string, payload: Payload) {
  const found = await readPool(transaction, poolName)
  const pool = found
    ? await fillTemplate(transaction, workspace, found, payload)
    : await createPool(transaction, workspace, poolName, payload)
  const queues = await resolveQueues(transaction, pool, payload.work_queue_names)
  try {
    await recordHeartbeat(transaction, workspace, {
      poolName,
      workerName: payload.worker_name,
      intervalSeconds: payload.heartbeat_interval_seconds,
    })
  } catch (error) {
    throw new WorkerRefused('heartbeat_persistence_failed', { cause: error })
  }
  const current = (await readPool(transaction, poolName))!
  const activeSlots = (await countActiveSlots(transaction.db, [current.id])).get(current.id) ?? 0
  return { pool: current, queues, activeSlots }
}

function readPool({ db }: Transaction, name: string): Promise<WorkPoolTable | undefined> {
  return db.selectFrom('work_pool').selectAll().where('name', '=', name).executeTakeFirst()
}

async function createPool(
  transaction: Transaction,
  workspace: Workspace,
  name: string,
  payload: Payload,
): Promise<WorkPoolTable> {
  if (!payload.create_pool_if_not_found || isReservedPoolName(name)) throw new WorkerRefused('authorization_failed')
  const wanted = workPoolCreate.safeParse({
    name,
    type: payload.worker_type,
    base_job_template: payload.default_base_job_template,
  })
  if (!wanted.success) throw new WorkerRefused('protocol_error')
  return refuseOnHttpError(() => createWorkPool(transaction, workspace, wanted.data))
}

async function fillTemplate(
  transaction: Transaction,
  workspace: Workspace,
  pool: WorkPoolTable,
  payload: Payload,
): Promise<WorkPoolTable> {
  const isEmpty = Object.keys(JSON.parse(pool.base_job_template) as object).length === 0
  const base_job_template = payload.default_base_job_template
  if (!isEmpty || Object.keys(base_job_template).length === 0) return pool
  await refuseOnHttpError(() => updateWorkPool(transaction, workspace, pool.name, { base_job_template }))
  return (await readPool(transaction, pool.name))!
}

/** What HTTP would answer with an error is a broken hello here. */
async function refuseOnHttpError<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof HttpError) throw new WorkerRefused('protocol_error', { cause: error })
    throw error
  }
}

async function resolveQueues({ db }: Transaction, pool: WorkPoolTable, names: readonly string[]): Promise<WorkQueueTable[]> {
  const all = await db.selectFrom('work_queue').selectAll().where('work_pool_id', '=', pool.id).orderBy('priority').execute()
  if (names.length === 0) return all
  return [...new Set(names)].map((name) => {
    const queue = all.find((candidate) => candidate.name === name)
    if (!queue) throw new WorkerRefused('authorization_failed')
    return queue
  })
}
