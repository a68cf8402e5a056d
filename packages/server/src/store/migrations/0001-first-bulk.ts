import type { Schema } from './migration.ts'

/**
 * Logs and events. On Postgres partitioned by day from the start: a day is dropped as a whole. The partition `_default`
 * takes what no day was made for (services make days ahead), so no row is ever refused for its time.
 */
export async function createBulk(schema: Schema): Promise<void> {
  await createLogs(schema)
  await createEvents(schema)
}

async function createLogs(schema: Schema): Promise<void> {
  const { id, text, time, integer } = schema.types
  await createByDay(
    schema,
    'log',
    'timestamp',
    `id ${id} not null, created ${time} not null, name ${text} not null, level ${integer} not null, message ${text} not null,
     timestamp ${time} not null, flow_run_id ${id}, task_run_id ${id}, sequence ${integer} not null`,
  )
  await schema.createIndex('log_sequence', 'log (flow_run_id, sequence)')
  await schema.createIndex('log_flow_run', 'log (flow_run_id, timestamp)')
  await schema.createIndex('log_task_run', 'log (task_run_id, timestamp) where task_run_id is not null')
  await schema.createIndex('log_timestamp', 'log (timestamp)')
  await schema.createTable('log_counter', `flow_run_id ${id} primary key, last ${integer} not null`)
  await schema.createTable('output_cursor', `attempt_key ${id} primary key, cursor ${text} not null`)
}

async function createEvents(schema: Schema): Promise<void> {
  const { id, text, time, json } = schema.types
  await createByDay(
    schema,
    'event',
    'occurred',
    // The key is what makes an event that is sent twice one event: a client repeats it with the same id and time. A key
    // of a partitioned table must hold the column that it is partitioned by.
    `id ${id} not null, occurred ${time} not null, event ${text} not null, resource_id ${text} not null, resource ${json} not null,
     related ${json} not null, payload ${json} not null, received ${time} not null, follows ${id}, primary key (id, occurred)`,
  )
  await schema.createIndex('event_occurred', 'event (occurred, id)')
  await schema.createIndex('event_resource_occurred', 'event (resource_id, occurred)')
  await schema.createIndex('event_name', 'event (event, occurred)')
  await createByDay(
    schema,
    'event_resource',
    'occurred',
    `event_id ${id} not null, occurred ${time} not null, resource_id ${text} not null, resource_role ${text} not null,
     resource ${json} not null`,
  )
  await schema.createIndex('event_resource_event', 'event_resource (event_id)')
  await schema.createIndex('event_resource_resource', 'event_resource (resource_id, occurred)')
  await schema.createIndex('event_resource_time', 'event_resource (occurred)')
}

async function createByDay(schema: Schema, name: string, column: string, body: string): Promise<void> {
  if (schema.kind === 'sqlite') return schema.createTable(name, body)
  await schema.run(`create table ${name} (${body}) partition by range (${column})`)
  await schema.run(`create table ${name}_default partition of ${name} default`)
}
