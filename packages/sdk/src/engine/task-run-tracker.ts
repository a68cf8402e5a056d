import { uuid7 } from '@aedile/core/client/uuid7'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import type { StateType } from '@aedile/core/states'
import { isTerminal } from '@aedile/core/states'
import { formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import type { TaskDefinition } from '../definition.ts'
import type { EventSender } from '../reporting/event-sender.ts'
import type { RelatedResource } from '../reporting/related-resources.ts'
import { buildTaskRunEvent, type TaskState } from '../reporting/task-run-event.ts'

/** A state that a task run moves to. */
export type TaskTransition = {
  type: StateType
  name: string
  message?: string
  scheduledTime?: Microseconds
  data?: JsonValue
}

export type TaskRunFactsInput = {
  definition: TaskDefinition
  name: string
  dynamicKey: string
  taskInputs: JsonObject
  flowRunRunCount: number
}

/** A task run, which lives here: it keeps its times and counts and tells every state as an event. */
export class TaskRunTracker {
  readonly id = uuid7()
  readonly name: string
  runCount = 0
  readonly #facts: TaskRunFactsInput
  readonly #events: EventSender | null
  readonly #related: Promise<RelatedResource[]>
  #state: TaskState | null = null
  #startTime: Microseconds | null = null
  #endTime: Microseconds | null = null
  #expectedStart: Microseconds | null = null
  #totalRunMicroseconds = 0

  constructor(facts: TaskRunFactsInput, events: EventSender | null, related: Promise<RelatedResource[]>) {
    this.name = facts.name
    this.#facts = facts
    this.#events = events
    this.#related = related
  }

  get state(): TaskState | null {
    return this.#state
  }

  moveTo(transition: TaskTransition): TaskState {
    const from = this.#state
    const timestamp = nowMicroseconds()
    const details: JsonObject =
      transition.scheduledTime === undefined ? {} : { scheduled_time: formatTimestamp(transition.scheduledTime) }
    const to: TaskState = {
      id: uuid7(),
      type: transition.type,
      name: transition.name,
      timestamp,
      message: transition.message ?? '',
      details,
      data: transition.data ?? null,
    }
    this.#keepTimes(from, to)
    this.#state = to
    this.#events?.add(buildTaskRunEvent(this.#eventFacts(), from, to), this.#related)
    return to
  }

  #keepTimes(from: TaskState | null, to: TaskState): void {
    this.#expectedStart ??= to.timestamp
    if (from?.type === 'RUNNING') this.#totalRunMicroseconds += to.timestamp - from.timestamp
    if (to.type === 'RUNNING') {
      this.runCount++
      this.#startTime ??= to.timestamp
    }
    if (isTerminal(to.type)) this.#endTime = to.timestamp
  }

  #eventFacts() {
    const { definition, dynamicKey, taskInputs, flowRunRunCount } = this.#facts
    const { retries = 0, retryDelaySeconds, retryJitterFactor, tags = [], version } = definition.options
    const policy: JsonObject = { max_retries: 0, retry_delay_seconds: 0, retries, retry_delay: wireDelay(retryDelaySeconds) }
    if (retryJitterFactor !== undefined) policy.retry_jitter_factor = retryJitterFactor
    const fields: JsonObject = {
      name: this.name,
      task_key: definition.key,
      dynamic_key: dynamicKey,
      ...(version === undefined ? {} : { task_version: version }),
      empirical_policy: policy,
      tags: [...tags],
      labels: {},
      task_inputs: taskInputs,
      run_count: this.runCount,
      flow_run_run_count: this.runCount === 0 ? 0 : flowRunRunCount,
      ...timeField('expected_start_time', this.#expectedStart),
      ...timeField('start_time', this.#startTime),
      ...timeField('end_time', this.#endTime),
      total_run_time: this.#totalRunMicroseconds / MICROSECONDS_PER_SECOND,
    }
    return { id: this.id, name: this.name, tags: [...tags], runCount: this.runCount, fields }
  }
}

function timeField(name: string, time: Microseconds | null): JsonObject {
  return time === null ? {} : { [name]: formatTimestamp(time) }
}

/** A delay that is computed has no form on the wire. */
function wireDelay(delay: TaskDefinition['options']['retryDelaySeconds']): JsonValue {
  if (typeof delay === 'function') return 0
  return typeof delay === 'number' || delay === undefined ? (delay ?? 0) : [...delay]
}
