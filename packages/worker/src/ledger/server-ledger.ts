import {
  type Attempt,
  type AttemptMessageInput,
  type Hello,
  LEASE_SECONDS,
  type LeaseAnswer,
} from '@aedile/core/attempts/messages'
import * as attempts from '@aedile/core/client/attempts'
import type { ApiClient } from '@aedile/core/client/client'
import { AedileError, isAedileError } from '@aedile/core/errors'
import type { AttemptKey, Handle, Outcome, ServerId } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { OrchestrationResult } from '@aedile/core/resources/state'
import type { StateType } from '@aedile/core/states'
import { Gatherer } from '../gatherer.ts'
import type { LogCursor } from '../infrastructure-driver.ts'
import type { PoolWatcher } from '../pool.ts'
import type { AttemptLedger, AttemptRef, Claimed, Conclusion, Output, Recorded } from './ledger.ts'

type Taken = { attempt: Attempt; proposal: OrchestrationResult | null }

/** The ledger of an Aedile server: its attempts table, over the API. Claims and messages that come together go together. */
export class ServerLedger implements AttemptLedger {
  readonly shared = true
  readonly serverId: ServerId
  readonly leaseSeconds: number
  readonly #client: ApiClient
  readonly #worker: string
  readonly #workPool: string
  readonly #pool: PoolWatcher
  readonly #claims = new Gatherer((claims: AttemptRef[]) => this.#sendClaims(claims))
  readonly #messages = new Gatherer((messages: AttemptMessageInput[]) => this.#sendMessages(messages), weigh)

  constructor(
    client: ApiClient,
    hello: Pick<Hello, 'server_id' | 'lease_seconds'>,
    worker: { name: string; workPool: string; pool: PoolWatcher },
  ) {
    this.#client = client
    this.serverId = hello.server_id
    this.leaseSeconds = hello.lease_seconds ?? LEASE_SECONDS
    this.#worker = worker.name
    this.#workPool = worker.workPool
    this.#pool = worker.pool
  }

  claim(attempt: AttemptRef): Promise<Claimed | null> {
    return this.#claims.add(attempt)
  }

  /** The intent of a run that is to be cancelled is refused, but not one that is sent again because its answer was lost. */
  async intend({ key }: AttemptRef, handle: Handle, labels: Record<string, string>): Promise<boolean> {
    const said = { step: 'intend' as const, attempt: key, handle: handle as unknown as JsonObject, labels }
    return (await this.#say(said)).proposal?.state?.type === 'CANCELLING'
  }

  async record({ key }: AttemptRef, { handle, pid, isRunning }: Recorded): Promise<number | null> {
    const { proposal } = await this.#say({
      step: 'record',
      attempt: key,
      handle: handle as unknown as JsonObject,
      infrastructure_pid: pid,
      is_running: isRunning,
    })
    return proposal?.details.type === 'wait_details' ? proposal.details.delay_seconds : null
  }

  async advance(key: AttemptKey, { after, lines, cursor }: Output): Promise<LogCursor | null> {
    const { attempt } = await this.#say({ step: 'advance', attempt: key, log_cursor: cursor, after, lines })
    return attempt.log_cursor
  }

  async end(key: AttemptKey, outcome: Outcome, conclusions: Conclusion[]): Promise<StateType | 'none' | null> {
    const said = { step: 'end' as const, attempt: key, outcome: outcome as unknown as JsonObject, conclusions }
    const { attempt, proposal } = await this.#say(said)
    if (attempt.phase !== 'reported' && attempt.phase !== 'removed') return null
    return proposal?.state?.type ?? 'none'
  }

  async report(key: AttemptKey): Promise<void> {
    await this.#say({ step: 'report', attempt: key })
  }

  async remove(key: AttemptKey): Promise<void> {
    await this.#say({ step: 'remove', attempt: key })
  }

  async status(key: AttemptKey, phase: string, detail: string | null): Promise<void> {
    await this.#say({ step: 'status', attempt: key, phase, detail })
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

  async #sendClaims(claims: AttemptRef[]): Promise<(Claimed | null)[]> {
    const body = claims.map(({ key, flowRunId }) => ({ attempt: key, flow_run_id: flowRunId }))
    const answer = await attempts.claimRuns(this.#client, this.#workPool, { worker_name: this.#worker, claims: body })
    await this.#pool.catchUp(answer.work_pool_updated)
    const claimed = new Set(answer.claims.filter(({ refusal }) => refusal === null).map(({ attempt }) => attempt))
    const runs = new Map(answer.flow_runs.map((run) => [run.id, run]))
    const flows = new Map(answer.flows.map((flow) => [flow.id, flow]))
    const deployments = new Map(answer.deployments.map((deployment) => [deployment.id, deployment]))
    return claims.map(({ key, flowRunId }) => {
      if (!claimed.has(key)) return null
      const flowRun = runs.get(flowRunId)
      const flow = flowRun && flows.get(flowRun.flow_id)
      const deployment = flowRun?.deployment_id ? deployments.get(flowRun.deployment_id) : null
      // What was deleted just now is asked for once more: the answer says what is wrong.
      return { facts: flowRun && flow && deployment !== undefined ? { flowRun, flow, deployment } : null }
    })
  }

  #sendMessages(messages: AttemptMessageInput[]) {
    return attempts.sendAttemptMessages(this.#client, { worker_name: this.#worker, messages })
  }

  async #say(message: AttemptMessageInput): Promise<Taken> {
    const answer = await this.#messages.add(message)
    if ('attempt' in answer) return answer
    const { status, detail } = answer
    if (status === 409 || status === 404) throw new AedileError('attempt_refused', { reason: detail })
    const facts = { method: 'POST', url: `${this.#client.apiUrl}/aedile/attempts`, status, detail }
    throw new AedileError(status === 503 ? 'api_busy' : 'api_error', facts)
  }
}

/** What a line costs beside its text, in bytes. */
const LINE_BYTES = 200

/** Only output is large. */
function weigh(said: AttemptMessageInput): number {
  if (said.step !== 'advance') return 0
  return (said.lines ?? []).reduce((sum, { message }) => sum + message.length + LINE_BYTES, 0)
}
