import type { Row } from './rows.ts'

/** The document of a run as a request is answered with it: the columns as they are, JSON parsed, times as text. */
export function toRunDocument(row: Row): object {
  return {
    id: row.id,
    created: toTime(row.created),
    updated: toTime(row.updated),
    name: row.name,
    flow_id: row.flow_id,
    state_id: row.state_id,
    deployment_id: row.deployment_id,
    deployment_version: row.deployment_version,
    work_queue_id: row.work_queue_id,
    work_queue_name: row.work_queue_name,
    flow_version: row.flow_version,
    parameters: toValue(row.parameters),
    idempotency_key: row.idempotency_key,
    context: toValue(row.context),
    empirical_policy: toValue(row.empirical_policy),
    tags: toValue(row.tags),
    labels: toValue(row.labels),
    parent_task_run_id: row.parent_task_run_id,
    state_type: row.state_type,
    state_name: row.state_name,
    run_count: row.run_count,
    expected_start_time: toTime(row.expected_start_time),
    next_scheduled_start_time: toTime(row.next_scheduled_start_time),
    start_time: toTime(row.start_time),
    end_time: toTime(row.end_time),
    total_run_time: Number(row.total_run_time) / 1e6,
    estimated_run_time: Number(row.total_run_time) / 1e6,
    estimated_start_time_delta: 0,
    auto_scheduled: row.auto_scheduled === 1,
    infrastructure_document_id: row.infrastructure_document_id,
    infrastructure_pid: row.infrastructure_pid,
    created_by: toValue(row.created_by),
    work_pool_id: null,
    work_pool_name: null,
    state: row.s_id == null ? null : toStateDocument(prefixed(row)),
    job_variables: toValue(row.job_variables),
  }
}

/** The document of a state. */
export function toStateDocument(row: Row): object {
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    timestamp: toTime(row.timestamp),
    message: row.message,
    data: toValue(row.data),
    state_details: toValue(row.state_details),
  }
}

/** The document of an event. */
export function toEventDocument(row: Row): object {
  return {
    occurred: toTime(row.occurred),
    event: row.event,
    resource: toValue(row.resource),
    related: toValue(row.related),
    payload: toValue(row.payload),
    id: row.id,
    follows: row.follows,
    received: toTime(row.received),
  }
}

/** The columns of a run's state beside those of the run, as the joined rows have them. */
export const STATE_COLUMNS = ['id', 'type', 'name', 'timestamp', 'message', 'data', 'state_details']

function prefixed(row: Row): Row {
  return Object.fromEntries(STATE_COLUMNS.map((column) => [column, row[`s_${column}`] ?? null]))
}

function toTime(microseconds: Row[string] | undefined): string | null {
  return microseconds == null ? null : new Date(Number(microseconds) / 1000).toISOString()
}

function toValue(text: Row[string] | undefined): unknown {
  return text == null ? null : JSON.parse(String(text))
}
