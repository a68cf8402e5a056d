import { openStream } from '@aedile/core/client/socket'
import { uuid7 } from '@aedile/core/client/uuid7'
import type { JsonObject } from '@aedile/core/json'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import {
  CHANNEL_VERSION,
  cancellingFrame,
  DISPATCH_CAPABILITY,
  dueFrame,
  HEARTBEAT_CAPABILITY,
  readyFrame,
  SNAPSHOT_CAPABILITY,
  typeOfFrame,
} from '@aedile/core/worker-channel/frames'
import type { DueRun } from '../attempt/attempt.ts'
import { backoffSeconds, pause } from '../backoff.ts'
import type { WorkerContext } from '../worker-context.ts'

/** As much room is told at most: what a server delivers at once. */
const MOST_ROOM = 200
const MOST_BACKOFF_SECONDS = 10

/** What the channel asks of the worker. */
export type ChannelUser = {
  /** How many runs more it could take now. */
  countFree(): number
  /** Takes runs that are due. Answers those that it has no room for; `onClaimed` says when the others are claimed. */
  take(runs: DueRun[], onClaimed: () => void): string[]
  cancel(flowRunIds: string[]): void
  /** The channel is up, or was lost: from then on runs are delivered, or have to be asked for. */
  onChange(isOpen: boolean): void
}

/**
 * The worker's end of the worker channel, with our capability: due runs and cancellations come by themselves. The server
 * is told how much room there is; each delivery uses some of it up. A lost channel is opened again; meanwhile the worker
 * asks as it would without one.
 */
export class DispatchChannel {
  readonly #context: WorkerContext
  readonly #queueNames: string[]
  readonly #user: ChannelUser
  /** What the server may still deliver. */
  #told = 0
  #send: ((frame: JsonObject) => void) | null = null
  /** Another one for each connection. */
  #consumerId = uuid7()

  constructor(context: WorkerContext, queueNames: string[], user: ChannelUser) {
    this.#context = context
    this.#queueNames = queueNames
    this.#user = user
  }

  get isOpen(): boolean {
    return this.#send !== null
  }

  /** Holds the channel open until the signal fires, or the server says that it does not deliver. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (!(await this.#hold(signal, () => (failures = 0)))) return
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        if (failures === 1)
          this.#context.log.info({ err: error }, 'The channel to the server was lost; asking for runs meanwhile')
      }
      await pause(Math.min(backoffSeconds(failures), MOST_BACKOFF_SECONDS), signal)
    }
  }

  /** Tells the server that the worker is alive. False when the channel is not open. */
  beat(): boolean {
    this.#send?.(buildFrame('worker.heartbeat.v1', this.#identity()))
    return this.isOpen
  }

  /** Tells the server of room that it does not know of. */
  tellRoom(): void {
    const more = Math.min(this.#user.countFree(), MOST_ROOM) - this.#told
    if (more <= 0 || !this.#send) return
    this.#told += more
    this.#send(buildFrame('aedile.room.v1', { runs: more }))
  }

  /** False when the server does not deliver runs. Ends with an error when the connection does. */
  async #hold(signal: AbortSignal, onOpen: () => void): Promise<boolean> {
    const { client, pool } = this.#context
    const path = `/work_pools/${encodeURIComponent(pool.current.name)}/workers/connect`
    const stream = await openStream(client, path, this.#buildHello(), signal)
    try {
      for await (const frame of stream.frames) {
        switch (typeOfFrame(frame)) {
          case 'worker.ready.v1':
            if (!readyFrame.parse(frame).payload.accepted_capabilities.includes(DISPATCH_CAPABILITY)) return false
            onOpen()
            this.#open(stream.send)
            break
          case 'aedile.due.v1':
            this.#takeDue(dueFrame.parse(frame).payload.flow_run_ids.map((id) => ({ id })))
            break
          case 'work_pool.snapshot.v1':
            void pool.refresh().catch(() => {})
            break
          case 'aedile.cancelling.v1':
            this.#user.cancel(cancellingFrame.parse(frame).payload.flow_run_ids)
            break
        }
      }
      return true
    } finally {
      this.#close()
      stream.close()
    }
  }

  #open(send: (frame: JsonObject) => void): void {
    this.#told = 0
    this.#send = send
    this.tellRoom()
    this.#user.onChange(true)
  }

  #close(): void {
    if (!this.#send) return
    this.#send = null
    this.#user.onChange(false)
  }

  #takeDue(runs: DueRun[]): void {
    this.#told = Math.max(0, this.#told - runs.length)
    const declined = this.#user.take(runs, () => this.tellRoom())
    if (declined.length > 0) this.#send?.(buildFrame('aedile.decline.v1', { flow_run_ids: declined }))
  }

  #buildHello(): JsonObject {
    this.#consumerId = uuid7()
    return buildFrame('worker.hello.v1', {
      ...this.#identity(),
      worker_type: this.#context.definition.type,
      supported_channel_versions: [CHANNEL_VERSION],
      requested_capabilities: [HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY, DISPATCH_CAPABILITY],
      work_queue_names: this.#queueNames,
    })
  }

  #identity(): JsonObject {
    const { facts, settings } = this.#context
    return {
      consumer_id: this.#consumerId,
      worker_name: facts.name,
      heartbeat_interval_seconds: settings.heartbeatSeconds,
    }
  }
}

function buildFrame(type: string, payload: JsonObject): JsonObject {
  return { type, id: uuid7(), sent_at: formatTimestamp(nowMicroseconds()), payload }
}
