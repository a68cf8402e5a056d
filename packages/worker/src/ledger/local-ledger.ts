import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun, setFlowRunState, updateFlowRun, updateFlowRunLabels } from '@aedile/core/client/flow-runs'
import { sendLogs } from '@aedile/core/client/logs'
import type { Handle, ServerId } from '@aedile/core/infrastructure-definition'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { isFinalAnswer } from '../backoff.ts'
import { claimRun } from '../claim.ts'
import type { LogCursor } from '../infrastructure-driver.ts'
import type { AttemptLedger, AttemptRef, Claimed, Output, Recorded } from './ledger.ts'

const CLAIMS_AT_ONCE = 16
/** What is only to be seen is sent once. */
const SEEN = { maxRetries: 1, timeoutSeconds: 10 }

/** The ledger on a genuine server: it keeps lines of output, and the run's state says the rest. */
export class LocalLedger implements AttemptLedger {
  readonly shared = false
  readonly leaseSeconds = null
  readonly serverId: ServerId
  readonly #client: ApiClient
  readonly #worker: string
  readonly #log: Logger
  readonly #claims = pLimit(CLAIMS_AT_ONCE)

  constructor(client: ApiClient, worker: string, log: Logger) {
    this.serverId = client.apiUrl
    this.#client = client
    this.#worker = worker
    this.#log = log
  }

  async claim({ key, flowRunId }: AttemptRef): Promise<Claimed | null> {
    const isClaimed = await this.#claims(() => claimRun(this.#client, flowRunId, key, this.#worker))
    return isClaimed ? { facts: null } : null
  }

  /** Both are over before the start: the child goes to Running by itself, and what it makes inherits the labels. */
  async intend({ key, flowRunId }: AttemptRef, _handle: Handle, labels: Record<string, string>): Promise<boolean> {
    const submitting = { type: 'PENDING' as const, name: 'Submitting' }
    const [answer] = await Promise.all([
      setFlowRunState(this.#client, flowRunId, submitting, { attempt: key, ...SEEN }).catch(() => null),
      updateFlowRunLabels(this.#client, flowRunId, labels, SEEN).catch(() => {}),
    ])
    return answer?.state?.type === 'CANCELLING'
  }

  async record(attempt: AttemptRef, { pid, isRunning }: Recorded): Promise<number | null> {
    const [, delaySeconds] = await Promise.all([
      pid === null ? undefined : this.#storePid(attempt, pid),
      isRunning ? this.#proposeRunning(attempt) : null,
    ])
    return delaySeconds
  }

  async advance(_key: string, { lines, cursor }: Output): Promise<LogCursor> {
    if (lines.length > 0) await sendLogs(this.#client, lines)
    return cursor
  }

  async end(): Promise<null> {
    return null
  }

  async report(): Promise<void> {}
  async remove(): Promise<void> {}
  async status(): Promise<void> {}
  async renew(): Promise<null> {
    return null
  }
  async takeOver(): Promise<null> {
    return null
  }
  async open(): Promise<[]> {
    return []
  }

  async #storePid({ flowRunId }: AttemptRef, pid: string): Promise<void> {
    await updateFlowRun(this.#client, flowRunId, { infrastructure_pid: pid }).catch((error: unknown) => {
      if (!isFinalAnswer(error)) throw error
      this.#log.warn({ err: error, flowRunId }, 'The infrastructure id could not be stored')
    })
  }

  /** Proposed only while the run is Pending: after a restart of the worker it may be further. */
  async #proposeRunning({ key, flowRunId }: AttemptRef): Promise<number | null> {
    const run = await readFlowRun(this.#client, flowRunId)
    if (run.state_type !== 'PENDING') return null
    const running = { type: 'RUNNING' as const, name: 'Running' }
    const { details } = await setFlowRunState(this.#client, flowRunId, running, { attempt: key })
    return details.type === 'wait_details' ? details.delay_seconds : null
  }
}
