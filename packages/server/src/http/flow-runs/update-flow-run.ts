import { makeRandomName } from '@aedile/core/random-name'
import type { flowRunUpdate } from '@aedile/core/resources/flow-run'
import { nowMicroseconds } from '@aedile/core/time'
import type { Updateable } from 'kysely'
import type { z } from 'zod'
import { lockFlowRun } from '../../orchestration/set-flow-run-state.ts'
import type { Transaction } from '../../store/store.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { HttpError } from '../route.ts'

type Body = z.output<typeof flowRunUpdate>

/** Changes the fields that were sent. Job variables only while the run is Scheduled. Source: WC 6.3. */
export async function updateFlowRun(transaction: Transaction, id: string, body: Body): Promise<void> {
  const run = await lockFlowRun(transaction, id)
  if (run === null) throw new HttpError(404, 'Flow run not found')
  if (body.job_variables != null) await checkJobVariables(transaction, run)
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

async function checkJobVariables({ db }: Transaction, run: FlowRunTable): Promise<void> {
  if (run.state_type === null) {
    throw new HttpError(400, 'Flow run state is required to update job variables but none exists')
  }
  if (run.state_type !== 'SCHEDULED') {
    throw new HttpError(400, `Job variables for a flow run in state ${run.state_type} cannot be updated`)
  }
  const deployments = db.selectFrom('deployment').select('id')
  const found = run.deployment_id && (await deployments.where('id', '=', run.deployment_id).executeTakeFirst())
  if (!found) throw new HttpError(400, 'A deployment for the flow run could not be found')
}

function toColumns(body: Body): Updateable<FlowRunTable> {
  const columns: Updateable<FlowRunTable> = {}
  if (body.name !== undefined) columns.name = body.name || makeRandomName()
  if (body.flow_version !== undefined) columns.flow_version = body.flow_version
  if (body.infrastructure_pid !== undefined) columns.infrastructure_pid = body.infrastructure_pid
  if (body.parameters !== undefined) columns.parameters = JSON.stringify(body.parameters)
  if (body.tags !== undefined) columns.tags = JSON.stringify(body.tags)
  if (body.job_variables !== undefined) {
    columns.job_variables = body.job_variables === null ? null : JSON.stringify(body.job_variables)
  }
  if (body.empirical_policy !== undefined) {
    columns.empirical_policy = JSON.stringify(body.empirical_policy)
    columns.retry_type = body.empirical_policy.retry_type
  }
  return columns
}
