import { type Attempt, type Hello, LEASE_SECONDS, type LeaseAnswer } from '@aedile/core/attempts/messages'
import * as attempts from '@aedile/core/client/attempts'
import type { ApiClient } from '@aedile/core/client/client'
import { isAedileError } from '@aedile/core/errors'
import type { AttemptKey, Handle, Outcome, ServerId } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { LogCursor } from '../infrastructure-driver.ts'
import type { AttemptLedger, Output } from './ledger.ts'

/** The ledger of an Aedile server: its attempts table, over the API. */
export class ServerLedger implements AttemptLedger {
  readonly shared = true
  readonly serverId: ServerId
  readonly leaseSeconds: number
  readonly #client: ApiClient
  readonly #worker: string
  readonly #workPool: string

  constructor(client: ApiClient, hello: Pick<Hello, 'server_id' | 'lease_seconds'>, worker: string, workPool: string) {
    this.#client = client
    this.serverId = hello.server_id
    this.leaseSeconds = hello.lease_seconds ?? LEASE_SECONDS
    this.#worker = worker
    this.#workPool = workPool
  }

  async intend(key: AttemptKey, handle: Handle): Promise<void> {
    await attempts.intendAttempt(this.#client, key, { worker_name: this.#worker, handle: handle as unknown as JsonObject })
  }

  async record(key: AttemptKey, handle: Handle): Promise<void> {
    await attempts.recordAttempt(this.#client, key, { worker_name: this.#worker, handle: handle as unknown as JsonObject })
  }

  async advance(key: AttemptKey, { after, lines, cursor }: Output): Promise<LogCursor | null> {
    const body = { worker_name: this.#worker, log_cursor: cursor, after, lines }
    return (await attempts.advanceAttempt(this.#client, key, body)).log_cursor
  }

  async end(key: AttemptKey, outcome: Outcome): Promise<void> {
    await attempts.endAttempt(this.#client, key, { worker_name: this.#worker, outcome: outcome as unknown as JsonObject })
  }

  async report(key: AttemptKey): Promise<void> {
    await attempts.reportAttempt(this.#client, key, { worker_name: this.#worker })
  }

  async remove(key: AttemptKey): Promise<void> {
    await attempts.removeAttempt(this.#client, key, { worker_name: this.#worker })
  }

  async status(key: AttemptKey, phase: string, detail: string | null): Promise<void> {
    await attempts.sendAttemptStatus(this.#client, key, { worker_name: this.#worker, phase, detail })
  }

  async renew(keys: AttemptKey[], targets: string[]): Promise<LeaseAnswer> {
    return attempts.renewAttempts(this.#client, this.#workPool, { worker_name: this.#worker, targets, attempts: keys })
  }

  async takeOver(key: AttemptKey, targets: string[]): Promise<Attempt | null> {
    try {
      return await attempts.takeOverAttempt(this.#client, key, { worker_name: this.#worker, targets })
    } catch (error) {
      if (isAedileError(error, 'attempt_refused') || isAedileError(error, 'api_conflict')) return null
      throw error
    }
  }

  async open(): Promise<Attempt[]> {
    return attempts.readAttempts(this.#client, { worker_name: this.#worker, work_pool_name: this.#workPool })
  }
}
