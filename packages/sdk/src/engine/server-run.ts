import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { pause } from '@aedile/core/client/pause'
import { uuid7 } from '@aedile/core/client/uuid7'
import { AedileError } from '@aedile/core/errors'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { OrchestrationResult, StateCreateInput } from '@aedile/core/resources/state'
import type { FlowRunRecord, RecordedState } from './flow-run-record.ts'

/** How long a proposal is tried while the server is away, beyond the client's own retries. */
const PATIENCE_SECONDS = 600
const PAUSE_SECONDS = 2

/** A flow run that a server keeps. */
export class ServerRun implements FlowRunRecord {
  readonly recorded = true
  readonly #client: ApiClient
  readonly #attempt: string | undefined
  #flowRun: FlowRun

  constructor(client: ApiClient, flowRun: FlowRun, attempt: string | null = null) {
    this.#client = client
    this.#attempt = attempt ?? undefined
    this.#flowRun = flowRun
  }

  get flowRun(): FlowRun {
    return this.#flowRun
  }

  async refresh(): Promise<void> {
    this.#flowRun = await readFlowRun(this.#client, this.#flowRun.id)
  }

  async propose(state: StateCreateInput, options: { force?: boolean; signal?: AbortSignal } = {}): Promise<RecordedState> {
    const run = this.#flowRun.id
    for (;;) {
      const { status, state: answered, details } = await this.#send(state, options)
      if (status === 'WAIT' && details.type === 'wait_details') {
        await pause(details.delay_seconds, options.signal)
        continue
      }
      const reason = ('reason' in details && details.reason) || 'no reason was given'
      if (status === 'ABORT' || answered === null) throw new AedileError('flow_run_aborted', { run, reason, state: answered })
      if (status === 'REJECT' && answered.type === 'PAUSED') throw new AedileError('flow_run_paused', { run, reason })
      return answered
    }
  }

  /** One proposal keeps its transition id over all its tries: the server then takes it once. */
  async #send(
    state: StateCreateInput,
    { force, signal }: { force?: boolean; signal?: AbortSignal },
  ): Promise<OrchestrationResult> {
    const fenced = { force, signal, transitionId: uuid7(), ...(this.#attempt ? { attempt: this.#attempt } : {}) }
    const deadline = performance.now() + PATIENCE_SECONDS * 1000
    for (;;) {
      try {
        return await setFlowRunState(this.#client, this.#flowRun.id, state, fenced)
      } catch (error) {
        const passing = error instanceof AedileError && error.retryable && performance.now() < deadline
        if (!passing) throw error
        await pause(PAUSE_SECONDS, signal)
      }
    }
  }
}
