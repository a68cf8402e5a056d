import type { JsonObject } from '@aedile/core/json'
import type { deploymentUpdate } from '@aedile/core/resources/deployment'
import { nowMicroseconds } from '@aedile/core/time'
import type { z } from 'zod'
import { emitDeploymentUpdate } from '../../resource-events/deployment-events.ts'
import { deleteScheduledRuns } from '../../scheduling/delete-scheduled-runs.ts'
import type { Transaction } from '../../store/store.ts'
import type { DeploymentTable } from '../../store/tables.ts'
import { findJobVariablesFailure } from '../../validation/job-variables.ts'
import { enforceParameterSchema, hydrateParameters } from '../../validation/parameters.ts'
import { variablesRefused } from '../../validation/unknown-variables.ts'
import type { Workspace } from '../../workspace.ts'
import { withNumberText } from '../number-text.ts'
import { findWorkPool } from '../work-pools/find-work-pool.ts'
import { assignWorkQueue } from '../work-queues/assign-work-queue.ts'
import { checkWantedLimit, settleLimit } from './deployment-limit.ts'
import { lockDeployment } from './find-deployment.ts'
import { patchSchedules } from './patch-schedules.ts'

type Body = z.output<typeof deploymentUpdate>

/** Changes what a PATCH sends of a deployment. Its future runs by schedule are made anew. Source: WC 4.3, 4.4, 5.7. */
export async function updateDeployment(transaction: Transaction, workspace: Workspace, id: string, body: Body): Promise<void> {
  const before = await lockDeployment(transaction, id, 'Deployment not found.')
  await patchSchedules(transaction, id, body.schedules)
  await checkJobVariables(transaction, workspace, body)
  const parameters = await checkParameters(transaction, before, body)
  await checkWantedLimit(transaction, body)

  const after: DeploymentTable = {
    ...before,
    ...columnsOf(body),
    ...(await queueColumns(transaction, workspace, body)),
    ...(parameters && { parameters: JSON.stringify(parameters) }),
    updated: nowMicroseconds(),
  }
  after.concurrency_limit_id = await settleLimit(transaction, before, body)
  await transaction.db.updateTable('deployment').set(after).where('id', '=', id).execute()
  await deleteScheduledRuns(transaction, id, { autoScheduled: true, future: true })
  await emitDeploymentUpdate(transaction, workspace, before, after)
  transaction.afterCommit(() => workspace.changes.emit('deployments', [id]))
}

async function checkJobVariables({ db }: Transaction, { encryption }: Workspace, body: Body): Promise<void> {
  if (!body.work_pool_name) return
  const pool = await findWorkPool(db, body.work_pool_name)
  if (!body.job_variables || Object.keys(body.job_variables).length === 0) return
  const template = JSON.parse(pool.base_job_template) as JsonObject
  const failure = await findJobVariablesFailure({ db, encryption }, { template, layers: [body.job_variables] })
  if (failure) throw variablesRefused(409, `Error creating deployment: ${failure.message}`, body.job_variables, template)
}

/** The parameters to be written, or null. They must hold against the schema as it is after this change. */
async function checkParameters({ db }: Transaction, before: DeploymentTable, body: Body): Promise<JsonObject | null> {
  const given = body.parameters ? await hydrateParameters(db, body.parameters, 'Error hydrating deployment parameters') : null
  if (!(body.enforce_parameter_schema ?? before.enforce_parameter_schema === 1)) return given
  const stored = before.parameter_openapi_schema === null ? null : (JSON.parse(before.parameter_openapi_schema) as JsonObject)
  const sent = body.parameter_openapi_schema
  const schema = sent && Object.keys(sent).length > 0 ? sent : stored
  enforceParameterSchema(given ?? JSON.parse(before.parameters), schema, {
    prefix: 'Error updating deployment',
    ignoreRequired: true,
  })
  return given
}

async function queueColumns(transaction: Transaction, workspace: Workspace, body: Body): Promise<Partial<DeploymentTable>> {
  const assigned =
    body.work_pool_name === null
      ? null
      : await assignWorkQueue(transaction, workspace, {
          poolName: body.work_pool_name,
          queueName: body.work_queue_name,
        })
  return {
    ...(body.work_queue_name !== undefined && { work_queue_name: body.work_queue_name }),
    // An explicit null takes the deployment out of its pool.
    ...(body.work_pool_name === null && { work_queue_id: null }),
    ...(assigned && { work_queue_id: assigned.queue.id }),
  }
}

function columnsOf(body: Body): Partial<DeploymentTable> {
  return {
    ...(body.paused !== undefined && { paused: body.paused ? 1 : 0 }),
    ...(body.tags !== undefined && { tags: JSON.stringify(body.tags) }),
    ...(typeof body.enforce_parameter_schema === 'boolean' && {
      enforce_parameter_schema: body.enforce_parameter_schema ? 1 : 0,
    }),
    ...(body.version !== undefined && { version: body.version }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.storage_document_id !== undefined && { storage_document_id: body.storage_document_id }),
    ...(body.infrastructure_document_id !== undefined && { infrastructure_document_id: body.infrastructure_document_id }),
    ...(body.path !== undefined && { path: body.path }),
    ...(body.entrypoint !== undefined && { entrypoint: body.entrypoint }),
    ...(body.concurrency_options !== undefined && { concurrency_options: stringifyOrNull(body.concurrency_options) }),
    ...(body.job_variables && { job_variables: JSON.stringify(withNumberText(body.job_variables)) }),
    ...(body.parameter_openapi_schema !== undefined && {
      parameter_openapi_schema: stringifyOrNull(body.parameter_openapi_schema),
    }),
    ...(body.pull_steps !== undefined && { pull_steps: stringifyOrNull(body.pull_steps) }),
  }
}

function stringifyOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
