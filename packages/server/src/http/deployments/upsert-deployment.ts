import { randomUUID } from 'node:crypto'
import type { JsonObject } from '@aedile/core/json'
import type { deploymentCreate } from '@aedile/core/resources/deployment'
import type { Creator } from '@aedile/core/resources/flow-run'
import { nowMicroseconds } from '@aedile/core/time'
import type { z } from 'zod'
import { emitDeploymentEvent, emitDeploymentUpdate } from '../../resource-events/deployment-events.ts'
import { deleteScheduledRuns } from '../../scheduling/delete-scheduled-runs.ts'
import type { Transaction } from '../../store/store.ts'
import type { DeploymentTable, FlowTable } from '../../store/tables.ts'
import { findJobVariablesFailure } from '../../validation/job-variables.ts'
import { variablesRefused } from '../../validation/unknown-variables.ts'
import type { Workspace } from '../../workspace.ts'
import { withNumberText } from '../number-text.ts'
import { HttpError } from '../route.ts'
import { type AssignedQueue, assignWorkQueue } from '../work-queues/assign-work-queue.ts'
import { checkWantedLimit, settleLimit } from './deployment-limit.ts'
import { replaceSchedules } from './write-schedules.ts'

type Body = z.output<typeof deploymentCreate>

/** Makes a deployment, or writes over the one of the same flow and name. Source: WC 4.3, 5.7. */
export async function upsertDeployment(
  transaction: Transaction,
  workspace: Workspace,
  body: Body,
  { sent, creator }: { sent: JsonObject; creator: Creator | null },
): Promise<{ deployment: DeploymentTable; created: boolean }> {
  const { db } = transaction
  const flow = await lockFlow(transaction, body.flow_id)
  if (!flow) throw new HttpError(409, `Error creating deployment. Could not find flow with id: ${body.flow_id}.`)
  const assigned = await assignWorkQueue(transaction, workspace, {
    poolName: body.work_pool_name,
    queueName: body.work_queue_name,
  })
  await checkJobVariables(transaction, workspace, assigned, body.job_variables)
  await checkBlocks(transaction, body)
  await checkWantedLimit(transaction, body)

  const known = db.selectFrom('deployment').selectAll().where('flow_id', '=', flow.id).where('name', '=', body.name)
  const before = await (transaction.kind === 'postgres' ? known.forUpdate() : known).executeTakeFirst()
  const row = before ? overwrite(before, withoutDefaults(body, sent), flow, assigned) : newRow(body, flow, assigned, creator)
  // The limit that a deployment has for itself needs its id, and the deployment the limit's.
  if (!before) await db.insertInto('deployment').values(row).execute()
  row.concurrency_limit_id = await settleLimit(transaction, row, body)
  row.updated_by = creator === null ? null : JSON.stringify(creator)
  await db.updateTable('deployment').set(row).where('id', '=', row.id).execute()

  await deleteScheduledRuns(transaction, row.id, { autoScheduled: true, future: true })
  // Schedules made anew by an upsert lose their bound of runs, as with a genuine server.
  await replaceSchedules(
    transaction,
    row.id,
    (body.schedules ?? []).map((entry) => (before ? { ...entry, max_scheduled_runs: null } : entry)),
  )
  if (before) await emitDeploymentUpdate(transaction, workspace, before, row)
  else await emitDeploymentEvent(transaction, workspace, 'created', row)
  transaction.afterCommit(() => workspace.changes.emit('deployments', [row.id]))
  return { deployment: row, created: !before }
}

/** Two who make one deployment take turns; the flow's runs go on meanwhile. */
function lockFlow({ db, kind }: Transaction, id: string): Promise<FlowTable | undefined> {
  const query = db.selectFrom('flow').selectAll().where('id', '=', id)
  return (kind === 'postgres' ? query.forNoKeyUpdate() : query).executeTakeFirst()
}

async function checkJobVariables(
  { db }: Transaction,
  { encryption }: Workspace,
  assigned: AssignedQueue | null,
  variables: JsonObject | null | undefined,
): Promise<void> {
  if (!assigned || !variables || Object.keys(variables).length === 0) return
  const template = JSON.parse(assigned.pool.base_job_template) as JsonObject
  const failure = await findJobVariablesFailure({ db, encryption }, { template, layers: [variables] })
  if (failure) throw variablesRefused(422, `Error creating deployment: ${failure.message}`, variables, template)
}

async function checkBlocks({ db }: Transaction, body: Body): Promise<void> {
  const checks = [
    { kind: 'infrastructure', id: body.infrastructure_document_id },
    { kind: 'storage', id: body.storage_document_id },
  ]
  for (const { kind, id } of checks) {
    if (!id || (await db.selectFrom('block_document').select('id').where('id', '=', id).executeTakeFirst())) continue
    throw new HttpError(
      409,
      `Error creating deployment. Could not find ${kind} block with id: ${id}. This usually occurs when applying a deployment specification that was built against a different Prefect database / workspace.`,
    )
  }
}

/** The body without what its schema filled in, which must not overwrite what is stored. */
function withoutDefaults(body: Body, sent: JsonObject): Partial<Body> {
  return Object.fromEntries(Object.entries(body).filter(([key]) => Object.hasOwn(sent, key)))
}

/** What of a body is written as it stands, key by key when it is there. */
function columnsOf(body: Partial<Body>, flow: FlowTable, assigned: AssignedQueue | null): Partial<DeploymentTable> {
  const labels = { ...JSON.parse(flow.labels), 'prefect.flow.id': flow.id, ...body.labels }
  return {
    ...(body.version !== undefined && { version: body.version }),
    ...(body.description !== undefined && { description: body.description }),
    ...(typeof body.paused === 'boolean' && { paused: body.paused ? 1 : 0 }),
    ...(body.concurrency_options !== undefined && { concurrency_options: stringifyOrNull(body.concurrency_options) }),
    // Null is never written, an empty object clears.
    ...(body.job_variables && { job_variables: JSON.stringify(withNumberText(body.job_variables)) }),
    ...(body.parameters && { parameters: JSON.stringify(body.parameters) }),
    ...(body.tags && { tags: JSON.stringify(body.tags) }),
    labels: JSON.stringify(labels),
    ...(assigned && { work_queue_id: assigned.queue.id }),
    ...(body.work_queue_name !== undefined && { work_queue_name: body.work_queue_name }),
    ...(body.parameter_openapi_schema !== undefined && {
      parameter_openapi_schema: stringifyOrNull(body.parameter_openapi_schema),
    }),
    ...(body.path !== undefined && { path: body.path }),
    ...(body.pull_steps !== undefined && { pull_steps: stringifyOrNull(body.pull_steps) }),
    ...(body.entrypoint !== undefined && { entrypoint: body.entrypoint }),
    ...(body.storage_document_id !== undefined && { storage_document_id: body.storage_document_id }),
    ...(body.infrastructure_document_id !== undefined && { infrastructure_document_id: body.infrastructure_document_id }),
    ...(body.enforce_parameter_schema !== undefined && { enforce_parameter_schema: body.enforce_parameter_schema ? 1 : 0 }),
  }
}

function overwrite(
  before: DeploymentTable,
  body: Partial<Body>,
  flow: FlowTable,
  assigned: AssignedQueue | null,
): DeploymentTable {
  return { ...before, ...columnsOf(body, flow, assigned), updated: nowMicroseconds() }
}

function newRow(body: Body, flow: FlowTable, assigned: AssignedQueue | null, creator: Creator | null): DeploymentTable {
  const now = nowMicroseconds()
  return {
    id: randomUUID(),
    created: now,
    updated: now,
    name: body.name,
    version: null,
    description: null,
    flow_id: flow.id,
    paused: 0,
    concurrency_limit_id: null,
    concurrency_options: null,
    job_variables: '{}',
    parameters: '{}',
    tags: '[]',
    labels: '{}',
    work_queue_id: null,
    work_queue_name: null,
    last_polled: null,
    parameter_openapi_schema: null,
    path: null,
    pull_steps: '[]',
    entrypoint: null,
    storage_document_id: null,
    infrastructure_document_id: null,
    created_by: creator === null ? null : JSON.stringify(creator),
    updated_by: null,
    status: 'NOT_READY',
    enforce_parameter_schema: 1,
    ...columnsOf(body, flow, assigned),
  }
}

function stringifyOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
