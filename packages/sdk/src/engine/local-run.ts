import { pause } from '@aedile/core/client/pause'
import { uuid7 } from '@aedile/core/client/uuid7'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { StateCreateInput } from '@aedile/core/resources/state'
import { defaultStateName } from '@aedile/core/states'
import { formatTimestamp, MICROSECONDS_PER_SECOND, nowMicroseconds } from '@aedile/core/time'
import type { FlowDefinition } from '../definition.ts'
import type { FlowRunRecord, RecordedState } from './flow-run-record.ts'

/**
 * A flow run that only this process knows. It decides as a server would about the two things that matter without one:
 * a failed run is tried again as often as its flow says, and not before its time.
 */
export class LocalRun implements FlowRunRecord {
  readonly recorded = false
  readonly flowRun: FlowRun
  readonly #retries: number
  readonly #retryDelaySeconds: number
  #retryAt = 0

  constructor(definition: FlowDefinition, name: string, parameters: JsonObject) {
    this.flowRun = buildLocalFlowRun(definition, name, parameters)
    this.#retries = definition.options.retries ?? 0
    this.#retryDelaySeconds = definition.options.retryDelaySeconds ?? 0
  }

  async propose(proposed: StateCreateInput, options: { signal?: AbortSignal } = {}): Promise<RecordedState> {
    if (proposed.type === 'RUNNING') {
      const waitSeconds = (this.#retryAt - nowMicroseconds()) / MICROSECONDS_PER_SECOND
      if (waitSeconds > 0) await pause(waitSeconds, options.signal)
      this.flowRun.run_count++
    }
    const retried = proposed.type === 'FAILED' && this.flowRun.run_count <= this.#retries
    if (retried) this.#retryAt = nowMicroseconds() + this.#retryDelaySeconds * MICROSECONDS_PER_SECOND
    const given = retried ? { ...proposed, type: 'SCHEDULED' as const, name: 'AwaitingRetry' } : proposed
    const state: RecordedState = {
      id: uuid7(),
      type: given.type,
      name: given.name ?? defaultStateName(given.type),
      timestamp: formatTimestamp(nowMicroseconds()),
      message: given.message ?? null,
      data: (given.data ?? null) as JsonValue,
      state_details: {},
    }
    this.flowRun.state_type = state.type
    this.flowRun.state_name = state.name
    return state
  }

  async refresh(): Promise<void> {}
}

function buildLocalFlowRun({ options }: FlowDefinition, name: string, parameters: JsonObject): FlowRun {
  const now = formatTimestamp(nowMicroseconds())
  const id = crypto.randomUUID()
  return {
    id,
    created: now,
    updated: now,
    name,
    flow_id: crypto.randomUUID(),
    state_id: null,
    deployment_id: null,
    deployment_version: null,
    work_queue_id: null,
    work_queue_name: null,
    flow_version: options.version ?? null,
    parameters,
    idempotency_key: null,
    context: {},
    empirical_policy: {
      max_retries: 0,
      retry_delay_seconds: 0,
      retries: options.retries ?? 0,
      retry_delay: options.retryDelaySeconds ?? 0,
      pause_keys: [],
      resuming: false,
      retry_type: null,
    },
    tags: [...(options.tags ?? [])],
    labels: {},
    parent_task_run_id: null,
    state_type: 'PENDING',
    state_name: 'Pending',
    run_count: 0,
    expected_start_time: now,
    next_scheduled_start_time: null,
    start_time: null,
    end_time: null,
    total_run_time: 0,
    estimated_run_time: 0,
    estimated_start_time_delta: 0,
    auto_scheduled: false,
    infrastructure_document_id: null,
    infrastructure_pid: null,
    created_by: null,
    work_pool_id: null,
    work_pool_name: null,
    state: null,
    job_variables: null,
  }
}
