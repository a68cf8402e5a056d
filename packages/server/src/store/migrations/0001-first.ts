/** The first schema. It is one file because it is one list of tables; what comes later are small steps. */

import { createBulk } from './0001-first-bulk.ts'
import type { Migration, Schema } from './migration.ts'

/** All tables of the first version. */
export const first: Migration = {
  version: 1,
  name: 'first',
  bulk: createBulk,
  async main(schema) {
    await createBlocks(schema)
    await createWorkPools(schema)
    await createDeployments(schema)
    await createFlowRuns(schema)
    await createTaskRuns(schema)
    await createConcurrency(schema)
    await createArtifacts(schema)
    await createOwnTables(schema)
  },
}

function stored({ types: { id, time } }: Schema): string {
  return `id ${id} primary key, created ${time} not null, updated ${time} not null`
}

async function createBlocks(schema: Schema): Promise<void> {
  const { id, text, json, flag } = schema.types
  await schema.createTable(
    'block_type',
    `${stored(schema)}, name ${text} not null, slug ${text} not null unique, logo_url ${text}, documentation_url ${text},
     description ${text}, code_example ${text}, is_protected ${flag} not null default 0`,
  )
  await schema.createTable(
    'block_schema',
    `${stored(schema)}, checksum ${text} not null, fields ${json} not null,
     block_type_id ${id} not null references block_type (id) on delete cascade,
     capabilities ${json} not null, version ${text} not null, unique (checksum, version)`,
  )
  await schema.createIndex('block_schema_type', 'block_schema (block_type_id)')
  await schema.createTable(
    'block_schema_reference',
    `id ${id} primary key, parent_block_schema_id ${id} not null references block_schema (id) on delete cascade,
     reference_block_schema_id ${id} not null references block_schema (id) on delete cascade, name ${text} not null`,
  )
  await schema.createIndex('block_schema_reference_parent', 'block_schema_reference (parent_block_schema_id)')
  await schema.createIndex('block_schema_reference_reference', 'block_schema_reference (reference_block_schema_id)')
  await schema.createTable(
    'block_document',
    `${stored(schema)}, name ${text} not null, data ${text} not null,
     block_schema_id ${id} not null references block_schema (id) on delete cascade,
     block_type_id ${id} not null references block_type (id) on delete cascade, block_type_name ${text},
     is_anonymous ${flag} not null default 0, unique (block_type_id, name)`,
  )
  await schema.createIndex('block_document_schema', 'block_document (block_schema_id)')
  await schema.createTable(
    'block_document_reference',
    `id ${id} primary key, name ${text} not null,
     parent_block_document_id ${id} not null references block_document (id) on delete cascade,
     reference_block_document_id ${id} not null references block_document (id) on delete cascade`,
  )
  await schema.createIndex('block_document_reference_parent', 'block_document_reference (parent_block_document_id)')
  await schema.createIndex('block_document_reference_reference', 'block_document_reference (reference_block_document_id)')
}

async function createWorkPools(schema: Schema): Promise<void> {
  const { id, text, time, json, flag, integer, real } = schema.types
  await schema.createTable(
    'work_pool',
    // No reference from default_queue_id: pool and queue would have to be made at once.
    `${stored(schema)}, name ${text} not null unique, description ${text}, type ${text} not null,
     base_job_template ${json} not null, is_paused ${flag} not null default 0, concurrency_limit ${integer}, status ${text},
     default_queue_id ${id}, storage_configuration ${json} not null`,
  )
  await schema.createTable(
    'work_queue',
    `${stored(schema)}, work_pool_id ${id} not null references work_pool (id) on delete cascade, name ${text} not null,
     description ${text}, is_paused ${flag} not null default 0, concurrency_limit ${integer}, priority ${integer} not null,
     filter ${json}, last_polled ${time}, status ${text} not null, unique (work_pool_id, name)`,
  )
  await schema.createIndex('work_queue_priority', 'work_queue (work_pool_id, priority)')
  await schema.createTable(
    'worker',
    `${stored(schema)}, work_pool_id ${id} not null references work_pool (id) on delete cascade, name ${text} not null,
     last_heartbeat_time ${time}, heartbeat_interval_seconds ${real}, status ${text} not null, unique (work_pool_id, name)`,
  )
}

async function createDeployments(schema: Schema): Promise<void> {
  const { id, text, time, json, flag, integer, real } = schema.types
  await schema.createTable(
    'flow',
    `${stored(schema)}, name ${text} not null unique, tags ${json} not null, labels ${json} not null`,
  )
  await schema.createIndex('flow_created', 'flow (created)')
  await schema.createTable(
    'concurrency_limit',
    `${stored(schema)}, active ${flag} not null default 1, name ${text} not null unique, "limit" ${integer} not null,
     active_slots ${integer} not null default 0, denied_slots ${integer} not null default 0,
     slot_decay_per_second ${real} not null default 0, avg_slot_occupancy_seconds ${real} not null default 2`,
  )
  await schema.createTable(
    'deployment',
    `${stored(schema)}, name ${text} not null, version ${text}, description ${text},
     flow_id ${id} not null references flow (id) on delete cascade, paused ${flag} not null default 0,
     concurrency_limit_id ${id} references concurrency_limit (id) on delete set null, concurrency_options ${json},
     job_variables ${json} not null, parameters ${json} not null, tags ${json} not null, labels ${json} not null,
     work_queue_id ${id} references work_queue (id) on delete set null, work_queue_name ${text}, last_polled ${time},
     parameter_openapi_schema ${json}, path ${text}, pull_steps ${json}, entrypoint ${text},
     storage_document_id ${id} references block_document (id) on delete set null,
     infrastructure_document_id ${id} references block_document (id) on delete set null,
     created_by ${json}, updated_by ${json}, status ${text} not null,
     enforce_parameter_schema ${flag} not null default 1, unique (flow_id, name)`,
  )
  await schema.createIndex('deployment_work_queue', 'deployment (work_queue_id)')
  await schema.createIndex('deployment_created', 'deployment (created)')
  await schema.createIndex('deployment_updated', 'deployment (updated)')
  await schema.createIndex('deployment_concurrency_limit', 'deployment (concurrency_limit_id)')
  await schema.createTable(
    'deployment_schedule',
    `${stored(schema)}, deployment_id ${id} not null references deployment (id) on delete cascade, schedule ${json} not null,
     active ${flag} not null default 1, max_scheduled_runs ${integer}, parameters ${json} not null, slug ${text},
     unique (deployment_id, slug)`,
  )
}

async function createFlowRuns(schema: Schema): Promise<void> {
  const { id, text, time, json, flag, integer } = schema.types
  await schema.createTable(
    'flow_run',
    // deployment_id refers to nothing: runs outlive their deployment and keep its id. parent_task_run_id likewise: the
    // parent comes as an event and may be later than its child.
    `${stored(schema)}, name ${text} not null, flow_id ${id} not null references flow (id) on delete cascade,
     deployment_id ${id}, deployment_version ${text}, work_queue_id ${id} references work_queue (id) on delete set null,
     work_queue_name ${text}, flow_version ${text}, parameters ${json} not null, idempotency_key ${text},
     context ${json} not null, empirical_policy ${json} not null, retry_type ${text}, tags ${json} not null,
     labels ${json} not null, parent_task_run_id ${id}, state_id ${id}, state_type ${text}, state_name ${text},
     state_timestamp ${time}, run_count ${integer} not null default 0, expected_start_time ${time},
     next_scheduled_start_time ${time}, start_time ${time}, end_time ${time}, total_run_time ${time} not null default 0,
     auto_scheduled ${flag} not null default 0,
     infrastructure_document_id ${id} references block_document (id) on delete set null, infrastructure_pid ${text},
     created_by ${json}, job_variables ${json}, attempt_key ${text}, lapses ${integer} not null default 0,
     child_heard_at ${time}, infrastructure_status ${json}, unique (flow_id, idempotency_key)`,
  )
  const index = (name: string, on: string) => schema.createIndex(`flow_run_${name}`, `flow_run ${on}`)
  await index('dispatch', `(work_queue_id, next_scheduled_start_time) where state_type = 'SCHEDULED'`)
  await index('scheduled', `(deployment_id, next_scheduled_start_time) where state_type = 'SCHEDULED'`)
  await index('due', `(next_scheduled_start_time) where state_type = 'SCHEDULED'`)
  await index('queue_state', '(work_queue_id, state_type)')
  await index('state', '(state_type, state_timestamp)')
  await index('state_name', '(state_name)')
  await index('deployment', '(deployment_id, expected_start_time)')
  await index('expected_start', '(expected_start_time)')
  await index('start', '(start_time)')
  await index('end', '(end_time)')
  await index('name', '(name)')
  await index('infrastructure_document', '(infrastructure_document_id) where infrastructure_document_id is not null')
  await index('parent', '(parent_task_run_id) where parent_task_run_id is not null')
  await schema.createTable('flow_run_state', stateColumns(schema, 'flow_run'))
  await schema.createIndex('flow_run_state_order', 'flow_run_state (flow_run_id, timestamp)', { unique: true })
  await schema.createTable(
    'flow_run_attempt',
    `"key" ${text} primary key, flow_run_id ${id} not null references flow_run (id) on delete cascade, work_pool_name ${text},
     worker ${text}, phase ${text} not null, phase_before ${text}, target ${text}, handle ${json}, outcome ${json},
     lease_expires ${time}, unattended_since ${time}, created ${time} not null, updated ${time} not null`,
  )
  await schema.createIndex('flow_run_attempt_run', 'flow_run_attempt (flow_run_id)')
  await schema.createIndex('flow_run_attempt_phase', 'flow_run_attempt (phase, lease_expires)')
  await schema.createIndex('flow_run_attempt_worker', 'flow_run_attempt (work_pool_name, worker)')
  await schema.createTable(
    'flow_run_input',
    `${stored(schema)}, flow_run_id ${id} not null references flow_run (id) on delete cascade, "key" ${text} not null,
     value ${text} not null, sender ${text}, unique (flow_run_id, "key")`,
  )
}

async function createTaskRuns(schema: Schema): Promise<void> {
  const { id, text, time, json, integer } = schema.types
  await schema.createTable(
    'task_run',
    `${stored(schema)}, name ${text} not null, flow_run_id ${id} references flow_run (id) on delete cascade,
     task_key ${text} not null, dynamic_key ${text} not null, cache_key ${text}, cache_expiration ${time}, task_version ${text},
     empirical_policy ${json} not null, tags ${json} not null, labels ${json} not null, task_inputs ${json} not null,
     state_id ${id}, state_type ${text}, state_name ${text}, state_timestamp ${time}, run_count ${integer} not null default 0,
     flow_run_run_count ${integer} not null default 0, expected_start_time ${time}, next_scheduled_start_time ${time},
     start_time ${time}, end_time ${time}, total_run_time ${time} not null default 0,
     unique (flow_run_id, task_key, dynamic_key)`,
  )
  const index = (name: string, on: string) => schema.createIndex(`task_run_${name}`, `task_run ${on}`)
  await index('state', '(state_type, state_timestamp)')
  await index('expected_start', '(expected_start_time)')
  await index('start', '(start_time)')
  await index('end', '(end_time)')
  await index('name', '(name)')
  await index('task', `(task_key, state_type) where flow_run_id is null`)
  await schema.createTable('task_run_state', stateColumns(schema, 'task_run'))
  await schema.createIndex('task_run_state_order', 'task_run_state (task_run_id, timestamp)', { unique: true })
  await schema.createTable(
    'task_run_state_cache',
    `cache_key ${text} not null, cache_expiration ${time}, task_run_state_id ${id} not null, created ${time} not null`,
  )
  await schema.createIndex('task_run_state_cache_key', 'task_run_state_cache (cache_key, created)')
}

function stateColumns({ types: { id, text, time, json } }: Schema, owner: string): string {
  return `id ${id} primary key, ${owner}_id ${id} not null references ${owner} (id) on delete cascade,
    timestamp ${time} not null, type ${text} not null, name ${text} not null, message ${text}, state_details ${json} not null,
    data ${json}, result_artifact_id ${id}`
}

async function createConcurrency(schema: Schema): Promise<void> {
  const { id, time, json, integer } = schema.types
  await schema.createTable(
    'concurrency_lease',
    `id ${id} primary key, limit_ids ${json} not null, slots ${integer} not null, holder ${json}, created ${time} not null,
     expires ${time} not null`,
  )
  await schema.createIndex('concurrency_lease_expires', 'concurrency_lease (expires)')
}

async function createArtifacts(schema: Schema): Promise<void> {
  const { id, text, json } = schema.types
  const columns = `type ${text}, description ${text}, data ${json}, metadata_ ${json}, flow_run_id ${id}, task_run_id ${id}`
  await schema.createTable(
    'artifact',
    `${stored(schema)}, "key" ${text}, ${columns}, flow_run_state_id ${id}, task_run_state_id ${id}`,
  )
  await schema.createIndex('artifact_key', 'artifact ("key", created)')
  await schema.createIndex('artifact_flow_run', 'artifact (flow_run_id)')
  await schema.createIndex('artifact_task_run', 'artifact (task_run_id)')
  await schema.createTable(
    'artifact_collection',
    `${stored(schema)}, "key" ${text} not null unique, latest_id ${id} not null, ${columns}`,
  )
  await schema.createIndex('artifact_collection_latest', 'artifact_collection (latest_id)')
}

async function createOwnTables(schema: Schema): Promise<void> {
  const { text, time, json, sequence } = schema.types
  await schema.createTable(
    'variable',
    `${stored(schema)}, name ${text} not null unique, value ${json} not null, tags ${json} not null`,
  )
  await schema.createTable(
    'csrf_token',
    `${stored(schema)}, client ${text} not null unique, token ${text} not null, expiration ${time} not null`,
  )
  await schema.createTable('configuration', `"key" ${text} primary key, value ${json} not null, updated ${time} not null`)
  await schema.createTable(
    'outbox',
    `sequence ${sequence}, kind ${text} not null, payload ${json} not null, created ${time} not null`,
  )
  await schema.createTable(
    'audit',
    `sequence ${sequence}, principal ${text} not null, action ${text} not null, resource ${text} not null,
     request_id ${text} not null, created ${time} not null`,
  )
  await schema.createIndex('audit_created', 'audit (created)')
}
