import type { ApiClient } from '@aedile/core/client/client'
import { readDeployment } from '@aedile/core/client/deployments'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { readWorkPool } from '@aedile/core/client/work-pools'
import { isAedileError } from '@aedile/core/errors'
import type { Deployment } from '@aedile/core/resources/deployment'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { findDeployment } from '../deploy/find-deployment.ts'
import { findWorkPool } from '../deploy/find-work-pool.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'

/** What is rendered: a pool alone, a deployment in it, or a run. `name` says so to a person. */
export type Subject = { name: string; pool: WorkPool; deployment: Deployment | null; flowRun: FlowRun | null }

/** What `--deployment` and `--flow-run` name, in a pool. */
export async function findSubject(
  client: ApiClient,
  poolName: string,
  options: { deployment?: string; flowRun?: string },
): Promise<Subject> {
  if (options.deployment !== undefined && options.flowRun !== undefined)
    throw new CliFailure('Give --deployment or --flow-run, not both: a run has its own deployment.', EXIT_CODES.usage.code)
  const pool = await findWorkPool(client, poolName, 'Rendering')
  if (options.flowRun !== undefined) return runSubject(client, await readFlowRun(client, options.flowRun), pool)
  if (options.deployment === undefined) return { name: `pool ${pool.name}`, pool, deployment: null, flowRun: null }
  return deploymentSubject(options.deployment, await findDeployment(client, options.deployment), pool)
}

/** A deployment in its own pool. */
export async function findDeploymentSubject(client: ApiClient, given: string): Promise<Subject> {
  const deployment = await findDeployment(client, given)
  if (deployment.work_pool_name === null)
    throw new CliFailure(`Deployment ${given} has no work pool, so there is no template to render. Give it one: aedile deploy`)
  return deploymentSubject(given, deployment, await readWorkPool(client, deployment.work_pool_name))
}

type Other = { name: string } & ({ template: 'default'; subject?: never } | { template?: never; subject: Subject })

/** What `--diff` names: the type's own template, a deployment, or a run. Each in its own pool, or else in this one. */
export async function findOther(client: ApiClient, given: string, here: Subject): Promise<Other> {
  if (given.toUpperCase() === 'DEFAULT') return { name: `default template of ${here.pool.type}`, template: 'default' }
  const run = given.includes('/') ? null : await readRunOrNull(client, given)
  const subject = run
    ? await runSubject(client, run, await poolOf(client, run.work_pool_name, here))
    : await otherDeployment(client, given, here)
  return { name: subject.name, subject }
}

async function otherDeployment(client: ApiClient, given: string, here: Subject): Promise<Subject> {
  const deployment = await findDeployment(client, given)
  return deploymentSubject(given, deployment, await poolOf(client, deployment.work_pool_name, here))
}

async function poolOf(client: ApiClient, name: string | null, here: Subject): Promise<WorkPool> {
  return name === null || name === here.pool.name ? here.pool : readWorkPool(client, name)
}

async function runSubject(client: ApiClient, flowRun: FlowRun, pool: WorkPool): Promise<Subject> {
  const deployment = flowRun.deployment_id === null ? null : await readDeployment(client, flowRun.deployment_id)
  return { name: `run ${flowRun.name}`, pool, deployment, flowRun }
}

function deploymentSubject(given: string, deployment: Deployment, pool: WorkPool): Subject {
  return { name: `deployment ${given}`, pool, deployment, flowRun: null }
}

async function readRunOrNull(client: ApiClient, id: string): Promise<FlowRun | null> {
  try {
    return await readFlowRun(client, id)
  } catch (error) {
    // No run of this id, or no id at all.
    if (isAedileError(error, 'api_not_found') || isAedileError(error, 'api_invalid')) return null
    throw error
  }
}
