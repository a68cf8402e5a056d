import type { Generated } from 'kysely'

/**
 * The tables, the same on SQLite and Postgres. Four codecs hold everywhere, and no others:
 * - time is an integer of microseconds since 1970 (`bigint` on Postgres), see core/time;
 * - JSON is text (`json` on Postgres, read back as text), so keys keep their spelling and order;
 * - truth is 0 or 1; ids are lower-case UUID text.
 * Column names are the wire names.
 */
export type Micros = number
export type Json = string
export type Flag = 0 | 1

type Stored = { id: string; created: Micros; updated: Micros }

export type FlowTable = Stored & { name: string; tags: Json; labels: Json }

export type FlowRunTable = Stored & {
  name: string
  flow_id: string
  deployment_id: string | null
  deployment_version: string | null
  work_queue_id: string | null
  work_queue_name: string | null
  flow_version: string | null
  parameters: Json
  idempotency_key: string | null
  context: Json
  empirical_policy: Json
  /** Copied out of empirical_policy, because dispatch selects on it. */
  retry_type: string | null
  tags: Json
  labels: Json
  parent_task_run_id: string | null
  state_id: string | null
  state_type: string | null
  state_name: string | null
  state_timestamp: Micros | null
  run_count: number
  expected_start_time: Micros | null
  next_scheduled_start_time: Micros | null
  start_time: Micros | null
  end_time: Micros | null
  /** Microseconds in RUNNING, without the present stay. */
  total_run_time: Micros
  auto_scheduled: Flag
  infrastructure_document_id: string | null
  infrastructure_pid: string | null
  created_by: Json | null
  job_variables: Json | null
  /** The present attempt, see protocol. */
  attempt_key: string | null
  /** Claims in a row that lapsed without intent. */
  lapses: number
  /** When the child was last heard of (heartbeat, event, log). */
  child_heard_at: Micros | null
  /** Progress that is no state: pulling, waiting, cannot tell since. JSON {phase, detail, since} or null. */
  infrastructure_status: Json | null
}

export type StateTable = {
  id: string
  timestamp: Micros
  type: string
  name: string
  message: string | null
  state_details: Json
  /** The proposed data, or null. */
  data: Json | null
  result_artifact_id: string | null
}
export type FlowRunStateTable = StateTable & { flow_run_id: string }
export type TaskRunStateTable = StateTable & { task_run_id: string }

export type TaskRunTable = Stored & {
  name: string
  flow_run_id: string | null
  task_key: string
  dynamic_key: string
  cache_key: string | null
  cache_expiration: Micros | null
  task_version: string | null
  empirical_policy: Json
  tags: Json
  labels: Json
  task_inputs: Json
  state_id: string | null
  state_type: string | null
  state_name: string | null
  state_timestamp: Micros | null
  run_count: number
  flow_run_run_count: number
  expected_start_time: Micros | null
  next_scheduled_start_time: Micros | null
  start_time: Micros | null
  end_time: Micros | null
  total_run_time: Micros
}

export type TaskRunStateCacheTable = {
  cache_key: string
  cache_expiration: Micros | null
  task_run_state_id: string
  created: Micros
}

/** One row per state change, written in its transaction; events, streams and metrics read from it. */
export type OutboxTable = { sequence: Generated<number>; kind: string; payload: Json; created: Micros }

export type FlowRunAttemptTable = {
  key: string
  flow_run_id: string
  work_pool_name: string | null
  worker: string | null
  phase: string
  phase_before: string | null
  target: string | null
  handle: Json | null
  outcome: Json | null
  lease_expires: Micros | null
  unattended_since: Micros | null
  created: Micros
  updated: Micros
}

export type DeploymentTable = Stored & {
  name: string
  version: string | null
  description: string | null
  flow_id: string
  paused: Flag
  concurrency_limit_id: string | null
  concurrency_options: Json | null
  job_variables: Json
  parameters: Json
  tags: Json
  labels: Json
  work_queue_id: string | null
  work_queue_name: string | null
  last_polled: Micros | null
  parameter_openapi_schema: Json | null
  path: string | null
  pull_steps: Json | null
  entrypoint: string | null
  storage_document_id: string | null
  infrastructure_document_id: string | null
  created_by: Json | null
  updated_by: Json | null
  status: string
  enforce_parameter_schema: Flag
}

export type DeploymentScheduleTable = Stored & {
  deployment_id: string
  schedule: Json
  active: Flag
  max_scheduled_runs: number | null
  parameters: Json
  slug: string | null
}

export type WorkPoolTable = Stored & {
  name: string
  description: string | null
  type: string
  base_job_template: Json
  is_paused: Flag
  concurrency_limit: number | null
  status: string | null
  default_queue_id: string | null
  storage_configuration: Json
}

export type WorkQueueTable = Stored & {
  work_pool_id: string
  name: string
  description: string | null
  is_paused: Flag
  concurrency_limit: number | null
  priority: number
  filter: Json | null
  last_polled: Micros | null
  status: string
}

export type WorkerTable = Stored & {
  work_pool_id: string
  name: string
  last_heartbeat_time: Micros | null
  heartbeat_interval_seconds: number | null
  status: string
  /** Names of the settings that it was given, when it told them. */
  setting_names: Json | null
}

export type VariableTable = Stored & { name: string; value: Json; tags: Json }

export type BlockTypeTable = Stored & {
  name: string
  slug: string
  logo_url: string | null
  documentation_url: string | null
  description: string | null
  code_example: string | null
  is_protected: Flag
}
export type BlockSchemaTable = Stored & {
  checksum: string
  fields: Json
  block_type_id: string
  capabilities: Json
  version: string
}
export type BlockSchemaReferenceTable = {
  id: string
  parent_block_schema_id: string
  reference_block_schema_id: string
  name: string
}
export type BlockDocumentTable = Stored & {
  name: string
  /** Encrypted: an envelope with key id, see store/encryption. */
  data: string
  block_schema_id: string
  block_type_id: string
  block_type_name: string | null
  is_anonymous: Flag
}
export type BlockDocumentReferenceTable = {
  id: string
  name: string
  parent_block_document_id: string
  reference_block_document_id: string
}

export type ConcurrencyLimitTable = Stored & {
  active: Flag
  name: string
  limit: number
  active_slots: number
  denied_slots: number
  slot_decay_per_second: number
  avg_slot_occupancy_seconds: number
}
export type ConcurrencyLeaseTable = {
  id: string
  /** JSON list of limit ids. */
  limit_ids: Json
  slots: number
  holder: Json | null
  created: Micros
  expires: Micros
}

export type ArtifactTable = Stored & {
  key: string | null
  type: string | null
  description: string | null
  data: Json | null
  metadata_: Json | null
  flow_run_id: string | null
  task_run_id: string | null
  flow_run_state_id: string | null
  task_run_state_id: string | null
}
export type ArtifactCollectionTable = Stored & {
  key: string
  latest_id: string
  type: string | null
  description: string | null
  data: Json | null
  metadata_: Json | null
  flow_run_id: string | null
  task_run_id: string | null
}

export type FlowRunInputTable = Stored & { flow_run_id: string; key: string; value: string; sender: string | null }
export type CsrfTokenTable = Stored & { client: string; token: string; expiration: Micros }
export type ConfigurationTable = { key: string; value: Json; updated: Micros }
/** Every write request: who, what, when. */
export type AuditTable = {
  sequence: Generated<number>
  principal: string
  action: string
  resource: string
  request_id: string
  created: Micros
}

/** Up to where the output of an attempt is in the logs. Stands with the logs, so that both are stored or neither. */
export type OutputCursorTable = { attempt_key: string; cursor: string }

/** The bulk. On SQLite in a second file (attached as `bulk`), on Postgres partitioned by time. */
export type LogTable = {
  id: string
  created: Micros
  name: string
  level: number
  message: string
  timestamp: Micros
  flow_run_id: string | null
  task_run_id: string | null
  /** The line's place among the lines of its flow run, from 1. */
  sequence: number
}
/** How many lines a flow run has; `appendLogs` takes the sequence from here. */
export type LogCounterTable = { flow_run_id: string; last: number }
export type EventTable = {
  id: string
  occurred: Micros
  event: string
  resource_id: string
  resource: Json
  related: Json
  payload: Json
  received: Micros
  follows: string | null
}
export type EventResourceTable = {
  event_id: string
  occurred: Micros
  resource_id: string
  resource_role: string
  resource: Json
}

/** Every table by its name. */
export type Database = {
  flow: FlowTable
  flow_run: FlowRunTable
  flow_run_state: FlowRunStateTable
  task_run: TaskRunTable
  task_run_state: TaskRunStateTable
  task_run_state_cache: TaskRunStateCacheTable
  outbox: OutboxTable
  flow_run_attempt: FlowRunAttemptTable
  deployment: DeploymentTable
  deployment_schedule: DeploymentScheduleTable
  work_pool: WorkPoolTable
  work_queue: WorkQueueTable
  worker: WorkerTable
  variable: VariableTable
  block_type: BlockTypeTable
  block_schema: BlockSchemaTable
  block_schema_reference: BlockSchemaReferenceTable
  block_document: BlockDocumentTable
  block_document_reference: BlockDocumentReferenceTable
  concurrency_limit: ConcurrencyLimitTable
  concurrency_lease: ConcurrencyLeaseTable
  artifact: ArtifactTable
  artifact_collection: ArtifactCollectionTable
  flow_run_input: FlowRunInputTable
  csrf_token: CsrfTokenTable
  configuration: ConfigurationTable
  audit: AuditTable
  log: LogTable
  output_cursor: OutputCursorTable
  log_counter: LogCounterTable
  event: EventTable
  event_resource: EventResourceTable
}
