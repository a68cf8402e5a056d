import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '@aedile/core/json'
import type { deploymentFlowRunCreate } from '@aedile/core/resources/flow-run'
import type { z } from 'zod'
import type { ClientFacts } from '../../orchestration/client-facts.ts'
import { buildProposedState, buildState } from '../../orchestration/run-state.ts'
import type { Transaction } from '../../store/store.ts'
import type { DeploymentTable, WorkPoolTable } from '../../store/tables.ts'
import { findJobVariablesFailure } from '../../validation/job-variables.ts'
import { checkParameterSize, enforceParameterSchema, hydrateParameters } from '../../validation/parameters.ts'
import { variablesRefused } from '../../validation/unknown-variables.ts'
import type { Workspace } from '../../workspace.ts'
import { readCreator } from '../flow-runs/create-ad-hoc-flow-run.ts'
import { type CreatedFlowRun, createFlowRun } from '../flow-runs/create-flow-run.ts'
import { HttpError } from '../route.ts'
import { assignWorkQueue } from '../work-queues/assign-work-queue.ts'
import { findDeployment } from './find-deployment.ts'

type Body = z.output<typeof deploymentFlowRunCreate>

/** Makes a run of a deployment: its parameters under the request's, hydrated and checked. Source: WC 6.3. */
export async function createDeploymentRun(
  transaction: Transaction,
  workspace: Workspace,
  deploymentId: string,
  body: Body,
  request: { client: ClientFacts; headers: IncomingHttpHeaders },
): Promise<CreatedFlowRun> {
  const deployment = await findDeployment(transaction.db, deploymentId)
  const pool = await findPoolOf(transaction, deployment)
  const parameters = await completeParameters(transaction, deployment, body)
  await checkJobVariables(transaction, workspace, { deployment, pool, variables: body.job_variables })
  const queue = await chooseQueue(transaction, workspace, { deployment, pool, name: body.work_queue_name })
  return createFlowRun(
    transaction,
    {
      flow_id: deployment.flow_id,
      name: body.name,
      deployment_id: deployment.id,
      deployment_version: deployment.version,
      work_queue_id: queue.id,
      work_queue_name: queue.name,
      parameters,
      idempotency_key: body.idempotency_key,
      context: body.context,
      empirical_policy: body.empirical_policy,
      tags: [...new Set([...JSON.parse(deployment.tags), ...body.tags])],
      labels: await completeLabels(transaction, deployment, body.labels),
      parent_task_run_id: body.parent_task_run_id,
      infrastructure_document_id: body.infrastructure_document_id ?? deployment.infrastructure_document_id,
      job_variables: body.job_variables,
      created_by: readCreator(request.headers),
    },
    body.state ? buildProposedState(body.state) : buildState({ type: 'SCHEDULED' }),
    request.client,
  )
}

async function completeParameters({ db }: Transaction, deployment: DeploymentTable, body: Body): Promise<JsonObject> {
  const given = { ...JSON.parse(deployment.parameters), ...body.parameters }
  const parameters = await hydrateParameters(db, given, 'Error hydrating flow run parameters')
  checkParameterSize(parameters)
  if (body.enforce_parameter_schema ?? deployment.enforce_parameter_schema === 1) {
    const schema = deployment.parameter_openapi_schema
    enforceParameterSchema(parameters, schema === null ? null : JSON.parse(schema), {
      prefix: 'Error creating flow run',
      ignoreRequired: false,
    })
  }
  return parameters
}

async function checkJobVariables(
  { db }: Transaction,
  { encryption }: Workspace,
  check: { deployment: DeploymentTable; pool: WorkPoolTable | null; variables: JsonObject | null | undefined },
): Promise<void> {
  if (!check.pool) return
  const template = JSON.parse(check.pool.base_job_template) as JsonObject
  const layers = [JSON.parse(check.deployment.job_variables) as JsonObject, check.variables]
  const failure = await findJobVariablesFailure({ db, encryption }, { template, layers, isComplete: true })
  if (!failure) return
  throw variablesRefused(422, `Error creating flow run: ${failure.message}`, Object.assign({}, ...layers), template)
}

async function chooseQueue(
  transaction: Transaction,
  workspace: Workspace,
  choice: { deployment: DeploymentTable; pool: WorkPoolTable | null; name: string | null | undefined },
): Promise<{ id: string | null; name: string | null }> {
  const { deployment, pool, name } = choice
  if (!name) return { id: deployment.work_queue_id, name: deployment.work_queue_name }
  if (!pool) {
    throw new HttpError(
      400,
      `Cannot create flow run in work queue ${name} because deployment ${deployment.id} is not associated with a work pool. Please remove work_pool_name and try again.`,
    )
  }
  const assigned = await assignWorkQueue(transaction, workspace, { poolName: pool.name, queueName: name })
  return { id: assigned!.queue.id, name }
}

async function findPoolOf({ db }: Transaction, deployment: DeploymentTable): Promise<WorkPoolTable | null> {
  if (deployment.work_queue_id === null) return null
  const pools = db
    .selectFrom('work_pool')
    .innerJoin('work_queue', 'work_queue.work_pool_id', 'work_pool.id')
    .selectAll('work_pool')
  return (await pools.where('work_queue.id', '=', deployment.work_queue_id).executeTakeFirst()) ?? null
}

async function completeLabels({ db }: Transaction, deployment: DeploymentTable, given: Body['labels']) {
  const flow = await db.selectFrom('flow').select('labels').where('id', '=', deployment.flow_id).executeTakeFirst()
  return {
    ...(flow ? JSON.parse(flow.labels) : {}),
    ...JSON.parse(deployment.labels),
    'prefect.flow.id': deployment.flow_id,
    'prefect.deployment.id': deployment.id,
    ...given,
  }
}
