import { uuid7 } from '@aedile/core/client/uuid7'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import {
  DISPATCH_CAPABILITY,
  type HelloFrame,
  helloFrame,
  type WorkerFrame,
  workerFrame,
} from '@aedile/core/worker-channel/frames'
import type { Dispatcher, Subscription } from '../../dispatch/dispatcher.ts'
import type { Workspace } from '../../workspace.ts'
import { recordHeartbeat } from '../workers/record-heartbeat.ts'
import type { Frames } from './frames.ts'
import { takeMessage } from './handshake.ts'
import { PoolSnapshots } from './pool-snapshots.ts'
import { type Greeting, greetWorker, WorkerRefused } from './worker-greeting.ts'

/** Close codes and reasons of the channel. Source: WC 2.6. */
const CLOSE_CODES = {
  authorization_failed: 1008,
  unsupported_version: 1008,
  protocol_error: 1002,
  heartbeat_persistence_failed: 1011,
  transient_server_error: 1011,
} as const
export type CloseReason = keyof typeof CLOSE_CODES

/**
 * Serves the channel of one worker: greets it, records its heartbeats, tells it when its pool changed and, when it asked
 * for it, delivers due runs and cancellations. Source: WC 2.6.
 */
export async function serveWorkerChannel(
  frames: Frames,
  workspace: Workspace,
  { dispatcher, poolName }: { dispatcher: Dispatcher; poolName: string },
): Promise<void> {
  try {
    const hello = helloFrame.safeParse(await takeMessage(frames))
    if (frames.isClosed) return
    if (!hello.success) throw new WorkerRefused('protocol_error')
    const greeting = await greetWorker(workspace, poolName, hello.data)
    frames.socket.send(frameText('worker.ready.v1', greeting.ready))
    await new WorkerChannel(frames, workspace, { hello: hello.data, greeting, poolName }).serve(dispatcher)
  } catch (error) {
    const reason = error instanceof WorkerRefused ? error.reason : 'transient_server_error'
    if (reason === 'transient_server_error') workspace.log.error({ err: error, pool: poolName }, 'a worker channel failed')
    frames.socket.close(CLOSE_CODES[reason], reason)
  }
}

type Told = { hello: HelloFrame; greeting: Greeting; poolName: string }

class WorkerChannel {
  readonly #frames: Frames
  readonly #workspace: Workspace
  readonly #told: Told
  readonly #snapshots: PoolSnapshots

  constructor(frames: Frames, workspace: Workspace, told: Told) {
    this.#frames = frames
    this.#workspace = workspace
    this.#told = told
    this.#snapshots = new PoolSnapshots(workspace, told.greeting.pool, (snapshot) =>
      this.#send('work_pool.snapshot.v1', snapshot),
    )
  }

  async serve(dispatcher: Dispatcher): Promise<void> {
    const subscription = this.#told.greeting.accepted.includes(DISPATCH_CAPABILITY) ? this.#subscribe(dispatcher) : null
    try {
      for (;;) {
        const message = await takeMessage(this.#frames)
        if (message === null) return
        const frame = workerFrame.safeParse(message)
        if (!frame.success) throw new WorkerRefused('protocol_error')
        await this.#take(frame.data, subscription)
      }
    } finally {
      subscription?.close()
      this.#snapshots.stop()
    }
  }

  async #take(frame: WorkerFrame, subscription: Subscription | null): Promise<void> {
    if (frame.type === 'worker.heartbeat.v1') return this.#recordHeartbeat(frame.payload)
    if (!subscription) throw new WorkerRefused('protocol_error')
    if (frame.type === 'aedile.room.v1') subscription.makeRoom(frame.payload.runs)
    else subscription.decline(frame.payload.flow_run_ids)
  }

  async #recordHeartbeat(beat: Extract<WorkerFrame, { type: 'worker.heartbeat.v1' }>['payload']): Promise<void> {
    const { consumer_id, worker_name } = this.#told.hello.payload
    if (beat.consumer_id !== consumer_id || beat.worker_name !== worker_name) throw new WorkerRefused('protocol_error')
    const { poolName } = this.#told
    const intervalSeconds = beat.heartbeat_interval_seconds
    try {
      await this.#workspace.store.write((transaction) =>
        recordHeartbeat(transaction, this.#workspace, { poolName, workerName: worker_name, intervalSeconds }),
      )
    } catch (error) {
      throw new WorkerRefused('heartbeat_persistence_failed', { cause: error })
    }
    this.#snapshots.look('heartbeat_reconciliation')
  }

  #subscribe(dispatcher: Dispatcher): Subscription {
    const { pool, queueIds } = this.#told.greeting
    const tellCancelling = (flowRunIds: string[]) => this.#send('aedile.cancelling.v1', { flow_run_ids: flowRunIds })
    const { changes } = this.#workspace
    changes.on('cancelling', tellCancelling)
    const subscription = dispatcher.subscribe({
      poolId: pool.id,
      queueIds,
      deliver: (flowRunIds) => this.#send('aedile.due.v1', { flow_run_ids: flowRunIds }),
    })
    return {
      ...subscription,
      close: () => {
        changes.off('cancelling', tellCancelling)
        subscription.close()
      },
    }
  }

  #send(type: string, payload: object): void {
    const { socket } = this.#frames
    if (socket.readyState === socket.OPEN) socket.send(frameText(type, payload))
  }
}

function frameText(type: string, payload: object): string {
  return JSON.stringify({ type, id: uuid7(), sent_at: formatTimestamp(nowMicroseconds()), payload })
}
