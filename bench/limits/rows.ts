import { randomUUID } from 'node:crypto'

/** A value that both drivers take and give. */
type Value = string | number | null
/** A row by column. */
export type Row = Record<string, Value>

export type GivenState = { type: string; name: string; state_details?: { scheduled_time?: string } }
export type GivenRun = {
  flow_id?: string
  name?: string
  parameters?: object
  state?: GivenState
  idempotency_key?: string
}
export type GivenLine = { name: string; level: number; message: string; timestamp: string; flow_run_id: string }
export type GivenEvent = {
  id: string
  occurred: string
  event: string
  resource: Record<string, string>
  related: Record<string, string>[]
  payload: object
}

/** The clock in microseconds. */
export function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}

/** Microseconds of a wire time. */
export function toMicroseconds(text: string): number {
  return Date.parse(text) * 1000
}

const POLICY = JSON.stringify({
  max_retries: 0,
  retry_delay_seconds: 0,
  retries: null,
  retry_delay: null,
  pause_keys: [],
  resuming: false,
  retry_type: null,
})

/** The rows of a run that is created, and of its first state. */
export function toRunRows(
  given: GivenRun,
  place: { deploymentId: string | null; queueId: string | null },
): { run: Row; state: Row } {
  const id = randomUUID()
  const created = now()
  const proposed = given.state ?? { type: 'SCHEDULED', name: 'Scheduled' }
  const scheduled = proposed.state_details?.scheduled_time
  const state = toStateRow(id, proposed)
  const due = scheduled === undefined ? created : toMicroseconds(scheduled)
  const run: Row = {
    id,
    created,
    updated: created,
    name: given.name ?? `run-${id}`,
    flow_id: given.flow_id ?? null,
    deployment_id: place.deploymentId,
    deployment_version: null,
    work_queue_id: place.queueId,
    work_queue_name: place.queueId === null ? null : 'default',
    flow_version: null,
    parameters: JSON.stringify(given.parameters ?? {}),
    idempotency_key: given.idempotency_key ?? null,
    context: '{}',
    empirical_policy: POLICY,
    tags: '[]',
    labels: JSON.stringify({ 'prefect.flow.id': given.flow_id }),
    parent_task_run_id: null,
    state_id: state.id!,
    state_type: proposed.type,
    state_name: proposed.name,
    state_timestamp: state.timestamp!,
    run_count: 0,
    expected_start_time: due,
    next_scheduled_start_time: proposed.type === 'SCHEDULED' ? due : null,
    start_time: null,
    end_time: null,
    total_run_time: 0,
    auto_scheduled: 0,
    infrastructure_document_id: null,
    infrastructure_pid: null,
    created_by: null,
    job_variables: '{}',
  }
  return { run, state }
}

/** The row of a state that a run goes to. */
export function toStateRow(flowRunId: string, { type, name, state_details: given }: GivenState): Row {
  const details = {
    flow_run_id: flowRunId,
    task_run_id: null,
    child_flow_run_id: null,
    scheduled_time: given?.scheduled_time ?? null,
    cache_key: null,
    cache_expiration: null,
    deferred: false,
    untrackable_result: false,
    pause_timeout: null,
    pause_reschedule: false,
    pause_key: null,
    run_input_keyset: null,
    refresh_cache: null,
    retriable: null,
    transition_id: null,
    task_parameters_id: null,
    traceparent: null,
    deployment_concurrency_lease_id: null,
  }
  return {
    id: randomUUID(),
    flow_run_id: flowRunId,
    timestamp: now(),
    type,
    name,
    message: null,
    state_details: JSON.stringify(details),
    data: null,
    result_artifact_id: null,
  }
}

let lines = 0

/** The row of a log line. */
export function toLineRow(line: GivenLine): Row {
  return {
    id: randomUUID(),
    created: now(),
    name: line.name,
    level: line.level,
    message: line.message,
    timestamp: toMicroseconds(line.timestamp),
    flow_run_id: line.flow_run_id,
    task_run_id: null,
    sequence: ++lines,
  }
}

/** The rows of an event: its own, and one for each resource that it can be found by. */
export function toEventRows(event: GivenEvent): { event: Row; resources: Row[] } {
  const occurred = toMicroseconds(event.occurred)
  const row: Row = {
    id: event.id,
    occurred,
    event: event.event,
    resource_id: event.resource['prefect.resource.id']!,
    resource: JSON.stringify(event.resource),
    related: JSON.stringify(event.related),
    payload: JSON.stringify(event.payload),
    received: now(),
    follows: null,
  }
  const resources = [event.resource, ...event.related].map((resource) => ({
    event_id: event.id,
    occurred,
    resource_id: resource['prefect.resource.id']!,
    resource_role: resource['prefect.resource.role'] ?? '',
    resource: JSON.stringify(resource),
  }))
  return { event: row, resources }
}
