import type { JsonObject } from '@aedile/core/json'
import { makeRandomName } from '@aedile/core/random-name'
import type { flowRunUpdate } from '@aedile/core/resources/flow-run'
import { nowMicroseconds } from '@aedile/core/time'
import type { Updateable } from 'kysely'
import type { z } from 'zod'
import { lockFlowRun } from '../../orchestration/set-flow-run-state.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { findJobVariablesFailure } from '../../validation/job-variables.ts'
import { variablesRefused } from '../../validation/unknown-variables.ts'
import type { Workspace } from '../../workspace.ts'
import { withNumberText } from '../number-text.ts'
import { HttpError } from '../route.ts'

type Body = z.output<typeof flowRunUpdate>

/** Changes the fields that were sent. Job variables only while the run is Scheduled. Source: WC 6.3. */
export async function updateFlowRun(transaction: Transaction, workspace: Workspace, id: string, body: Body): Promise<void> {
  const run = await lockFlowRun(transaction, id)
  if (run === null) throw new HttpError(404, 'Flow run not found')
  if (body.job_variables != null) await checkJobVariables(transaction, workspace, run, body.job_variables)
  const changes = { ...toColumns(body), updated: nowMicroseconds() }
  await transaction.db.updateTable('flow_run').set(changes).where('id', '=', id).execute()
}

/** Adds labels, key by key. False when there is no such run. */
export async function mergeFlowRunLabels(
  transaction: Transaction,
  id: string,
  labels: Record<string, string | number | boolean>,
): Promise<boolean> {
  const run = await lockFlowRun(transaction, id)
  if (run === null) return false
  const merged = JSON.stringify({ ...(JSON.parse(run.labels) as object), ...labels })
  await transaction.db.updateTable('flow_run').set({ labels: merged, updated: nowMicroseconds() }).where('id', '=', id).execute()
  return true
}

async function checkJobVariables(
  { db }: Transaction,
  { encryption }: Workspace,
  run: FlowRunTable,
  variables: JsonObject,
): Promise<void> {
  if (run.state_type === null) {
    throw new HttpError(400, 'Flow run state is required to update job variables but none exists')
  }
  if (run.state_type !== 'SCHEDULED') {
    throw new HttpError(400, `Job variables for a flow run in state ${run.state_type} cannot be updated`)
  }
  const deployments = db
    .selectFrom('deployment')
    .leftJoin('work_queue', 'work_queue.id', 'deployment.work_queue_id')
    .leftJoin('work_pool', 'work_pool.id', 'work_queue.work_pool_id')
    .select(['deployment.job_variables', 'work_pool.base_job_template as template'])
  const found = run.deployment_id && (await deployments.where('deployment.id', '=', run.deployment_id).executeTakeFirst())
  if (!found) throw new HttpError(400, 'A deployment for the flow run could not be found')
  if (found.template === null) return
  const layers = [JSON.parse(found.job_variables) as JsonObject, variables]
  const template = JSON.parse(found.template) as JsonObject
  const failure = await findJobVariablesFailure({ db, encryption }, { template, layers, isComplete: true })
  if (failure) throw variablesRefused(422, `Error creating flow run: ${failure.message}`, variables, template)
}

function toColumns(body: Body): Updateable<FlowRunTable> {
  const columns: Updateable<FlowRunTable> = {}
  if (body.name !== undefined) columns.name = body.name || makeRandomName()
  if (body.flow_version !== undefined) columns.flow_version = body.flow_version
  if (body.infrastructure_pid !== undefined) columns.infrastructure_pid = body.infrastructure_pid
  if (body.parameters !== undefined) columns.parameters = JSON.stringify(body.parameters)
  if (body.tags !== undefined) columns.tags = JSON.stringify(body.tags)
  if (body.job_variables !== undefined) {
    columns.job_variables = body.job_variables === null ? null : JSON.stringify(withNumberText(body.job_variables))
  }
  if (body.empirical_policy !== undefined) {
    columns.empirical_policy = JSON.stringify(body.empirical_policy)
    columns.retry_type = body.empirical_policy.retry_type
  }
  return columns
}
