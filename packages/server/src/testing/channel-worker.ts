import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '@aedile/core/json'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { DISPATCH_CAPABILITY, HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY } from '@aedile/core/worker-channel/frames'
import { WebSocket } from 'ws'

/** A worker of the pool 'pool', at its end of the channel. */
export class ChannelWorker {
  readonly socket: WebSocket
  readonly name: string
  readonly #consumer = randomUUID()
  readonly #frames: JsonObject[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  #wake = () => {}

  constructor(server: Server, name: string) {
    this.name = name
    const { port } = server.address() as AddressInfo
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/api/work_pools/pool/workers/connect`, ['prefect'])
    this.socket.on('message', (data) => {
      this.#frames.push(JSON.parse(String(data)))
      this.#wake()
    })
    this.closed = once(this.socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  }

  async greet(changes: JsonObject = {}): Promise<JsonObject> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open')
    this.socket.send('{"type":"auth","token":null}')
    await this.next('auth_success')
    this.send('worker.hello.v1', {
      consumer_id: this.#consumer,
      worker_name: this.name,
      worker_type: 'process',
      heartbeat_interval_seconds: 30,
      supported_channel_versions: ['work_pool_worker_channel.v1'],
      requested_capabilities: [HEARTBEAT_CAPABILITY, SNAPSHOT_CAPABILITY, DISPATCH_CAPABILITY],
      ...changes,
    })
    return this.next('worker.ready.v1')
  }

  beat(): void {
    this.send('worker.heartbeat.v1', {
      consumer_id: this.#consumer,
      worker_name: this.name,
      heartbeat_interval_seconds: 30,
    })
  }

  send(type: string, payload: JsonObject): void {
    this.socket.send(JSON.stringify({ type, id: randomUUID(), sent_at: formatTimestamp(nowMicroseconds()), payload }))
  }

  /** The payload of the next frame of this type; frames before it are left out. */
  async next(type: string): Promise<JsonObject> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame?.type === type) return (frame.payload ?? {}) as JsonObject
      if (!frame) await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async nextDue(): Promise<string[]> {
    return (await this.next('aedile.due.v1')).flow_run_ids as string[]
  }

  /** The types of frames that have come and were not read. */
  get waiting(): unknown[] {
    return this.#frames.map(({ type }) => type)
  }
}
