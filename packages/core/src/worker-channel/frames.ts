import { z } from 'zod'
import { isJsonObject } from '../json.ts'
import { jsonObject, timestamp, uuid } from '../resources/scalars.ts'
import { workPool } from '../resources/work-pool.ts'

/**
 * The frames of `/work_pools/{name}/workers/connect`. Each is `{type, id, sent_at, payload}` and has no other key.
 * Source: WC 2.6. Those whose type begins with `aedile.` are ours: they go out only after the server accepted our
 * capability, which it does only for a worker that asked for it.
 */

/** The version of the channel that we speak. */
export const CHANNEL_VERSION = 'work_pool_worker_channel.v1'
export const HEARTBEAT_CAPABILITY = 'worker_heartbeat.v1'
export const SNAPSHOT_CAPABILITY = 'work_pool_snapshot.v1'
/** Ours: runs are delivered the moment they are due, and cancellations the moment they are asked for. */
export const DISPATCH_CAPABILITY = 'aedile_dispatch.v1'

const name = z.string().min(1)
const seconds = z.int().min(1)

function frame<Type extends string, Payload extends z.ZodType>(type: Type, payload: Payload) {
  return z.strictObject({ type: z.literal(type), id: uuid, sent_at: timestamp, payload })
}

/** The first frame of a worker: who it is, and what it wants. */
export const helloFrame = frame(
  'worker.hello.v1',
  z.strictObject({
    consumer_id: uuid,
    worker_name: name,
    worker_type: name,
    heartbeat_interval_seconds: seconds,
    supported_channel_versions: z.array(name).min(1),
    requested_capabilities: z.array(name).min(1),
    work_queue_names: z.array(name).default([]),
    handled_cleanup_kinds: z.array(z.string()).default([]),
    max_cleanup_concurrency: z.int().min(0).default(0),
    create_pool_if_not_found: z.boolean().default(false),
    default_base_job_template: jsonObject.default({}),
    worker_metadata: jsonObject.nullish(),
  }),
)
export type HelloFrame = z.output<typeof helloFrame>

/** The worker lives. */
export const heartbeatFrame = frame(
  'worker.heartbeat.v1',
  z.strictObject({ consumer_id: uuid, worker_name: name, heartbeat_interval_seconds: seconds }),
)

/** Ours, from a worker: it has room for so many runs more. Each run that is delivered takes one of them. */
export const roomFrame = frame('aedile.room.v1', z.strictObject({ runs: z.int().min(1).max(10_000) }))
/** Ours, from a worker: it could not take these; give them to others. */
export const declineFrame = frame('aedile.decline.v1', z.strictObject({ flow_run_ids: z.array(uuid).min(1) }))

/** What a worker may send after its hello. */
export const workerFrame = z.discriminatedUnion('type', [heartbeatFrame, roomFrame, declineFrame])
export type WorkerFrame = z.output<typeof workerFrame>

const snapshot = z.object({ snapshot_sequence: z.int().min(1), reason: z.string(), work_pool: workPool })

/** The server's answer to the hello. */
export const readyFrame = z.object({
  type: z.literal('worker.ready.v1'),
  payload: z.object({ accepted_capabilities: z.array(z.string()), initial_snapshot: snapshot }),
})

/** Ours, to a worker: these runs are due, and yours to claim. What they are is told by the claim. */
export const dueFrame = z.object({
  type: z.literal('aedile.due.v1'),
  payload: z.object({ flow_run_ids: z.array(uuid) }),
})
/** Ours, to a worker: these runs shall be cancelled. */
export const cancellingFrame = z.object({
  type: z.literal('aedile.cancelling.v1'),
  payload: z.object({ flow_run_ids: z.array(uuid) }),
})

/** The type of a frame, or null for what is none. */
export function typeOfFrame(value: unknown): string | null {
  return isJsonObject(value) && typeof value.type === 'string' ? value.type : null
}
