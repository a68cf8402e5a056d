import type { JsonObject } from '@aedile/core/json'
import type { Transaction } from '../store/store.ts'
import type { DeploymentTable } from '../store/tables.ts'
import type { Workspace } from '../workspace.ts'
import { changedFields, emitLifecycleEvents, toKebabCase } from './lifecycle-event.ts'
import { relatedWorkPool } from './work-pool-events.ts'

const UPDATE_FIELDS = [
  'description',
  'tags',
  'parameters',
  'parameter_openapi_schema',
  'enforce_parameter_schema',
  'entrypoint',
  'path',
  'pull_steps',
  'work_queue_id',
  'infra_overrides',
  'paused',
  'labels',
  'version',
  'concurrency_limit_id',
  'concurrency_options',
] as const

/** Tells that a deployment was made or deleted, or has another status. */
export async function emitDeploymentEvent(
  transaction: Transaction,
  workspace: Workspace,
  what: string,
  deployment: DeploymentTable,
  payload?: JsonObject,
): Promise<void> {
  await emitLifecycleEvents(transaction, workspace, [
    {
      event: `prefect.deployment.${toKebabCase(what)}`,
      resource: {
        'prefect.resource.id': `prefect.deployment.${deployment.id}`,
        'prefect.resource.name': deployment.name,
      },
      related: await relatedResources(transaction, deployment),
      payload,
    },
  ])
}

/** Tells which fields an update changed, if any. */
export async function emitDeploymentUpdate(
  transaction: Transaction,
  workspace: Workspace,
  before: DeploymentTable,
  after: DeploymentTable,
): Promise<void> {
  const payload = changedFields(documentOf(before), documentOf(after), UPDATE_FIELDS)
  if (payload) await emitDeploymentEvent(transaction, workspace, 'updated', after, payload)
}

async function relatedResources({ db }: Transaction, deployment: DeploymentTable): Promise<Record<string, string>[]> {
  const flow = await db.selectFrom('flow').select('name').where('id', '=', deployment.flow_id).executeTakeFirst()
  const queue =
    deployment.work_queue_id === null
      ? undefined
      : await db.selectFrom('work_queue').selectAll().where('id', '=', deployment.work_queue_id).executeTakeFirst()
  const pool = queue && (await db.selectFrom('work_pool').selectAll().where('id', '=', queue.work_pool_id).executeTakeFirst())
  return [
    ...(flow ? [reference('flow', deployment.flow_id, 'flow', flow.name)] : []),
    ...(queue ? [reference('work-queue', queue.id, 'work-queue', queue.name)] : []),
    ...(pool ? [relatedWorkPool(pool)] : []),
    ...(deployment.storage_document_id ? [reference('block-document', deployment.storage_document_id, 'storage')] : []),
    ...(deployment.infrastructure_document_id
      ? [reference('block-document', deployment.infrastructure_document_id, 'infrastructure')]
      : []),
    ...(deployment.concurrency_limit_id
      ? [reference('concurrency-limit', deployment.concurrency_limit_id, 'concurrency-limit')]
      : []),
  ]
}

function reference(kind: string, id: string, role: string, name?: string): Record<string, string> {
  return {
    'prefect.resource.id': `prefect.${kind}.${id}`,
    ...(name !== undefined && { 'prefect.resource.name': name }),
    'prefect.resource.role': role,
  }
}

function documentOf(row: DeploymentTable): JsonObject {
  const parse = (text: string | null) => (text === null ? null : JSON.parse(text))
  return {
    ...row,
    tags: parse(row.tags),
    parameters: parse(row.parameters),
    parameter_openapi_schema: parse(row.parameter_openapi_schema),
    enforce_parameter_schema: row.enforce_parameter_schema === 1,
    pull_steps: parse(row.pull_steps),
    infra_overrides: parse(row.job_variables),
    paused: row.paused === 1,
    labels: parse(row.labels),
    concurrency_options: parse(row.concurrency_options),
  }
}
