import { readDeployment } from '@aedile/core/client/deployments'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { readFlow } from '@aedile/core/client/flows'
import { isAedileError } from '@aedile/core/errors'
import type { Handle, Job, Reporter, RunContext } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { Deployment } from '@aedile/core/resources/deployment'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { resolveRunJob } from '../resolve-job.ts'
import type { WorkerContext } from '../worker-context.ts'
import type { ClaimedRun } from './attempt.ts'

/** All that an attempt needs to start: the job, the request that start() sends, and the handle that is stored first. */
export type Rendered = { job: Job; request: JsonObject; handle: Handle; run: RunContext }

/** The deployment of the run is gone: there is nothing to render from. */
export class DeploymentGone extends Error {}

/** Renders a run: template and job variables to a job, the job to the exact request and its handle. Creates nothing. */
export async function renderAttempt(
  context: WorkerContext,
  attempt: { key: string; flowRunId: string; claimed?: ClaimedRun | null },
): Promise<Rendered> {
  const run = await readRunContext(context, attempt.flowRunId, attempt.claimed)
  const configured = await resolveRunJob(
    { client: context.client, templates: context.templates, environment: context.facts.processEnvironment },
    run,
  )
  const job = context.definition.prepare(configured, run)
  const owner = { key: attempt.key, server: context.ledger.serverId, flowRunId: attempt.flowRunId }
  const request = context.definition.request(job, context.target, owner)
  const handle = context.definition.handle(request, context.target, owner)
  const reports = whoReports(run.deployment, configured.command)
  const graceSeconds = context.settings.graceSeconds ?? handle.graceSeconds
  return { job, request, handle: { ...handle, graceSeconds, reports }, run }
}

/** An engine that executes a flow run tells its end. Any other command is plain, and never speaks to the API, or starts one. */
export function whoReports(deployment: Pick<Deployment, 'entrypoint'> | null, command: string | null): Reporter {
  if (!command || /\bflow-run execute\b|\bprefect\.engine\b|\baedile-execute\b/.test(command)) return 'engine'
  return deployment?.entrypoint ? 'either' : 'worker'
}

/** The run with its flow and deployment, as its claim told them, or as the server tells them now. */
export async function readRunContext(
  context: WorkerContext,
  flowRunId: string,
  claimed?: ClaimedRun | null,
): Promise<RunContext & { workPool: WorkPool }> {
  const place = { workPool: context.pool.current, worker: context.facts }
  if (claimed?.facts) return { ...claimed.facts, ...place }
  const reading = readFlowRun(context.client, flowRunId, { exactNumbers: ['job_variables', 'parameters'] })
  const { flow_id, deployment_id } = claimed?.due.flow_id ? claimed.due : await reading
  const [flowRun, flow, deployment] = await Promise.all([
    reading,
    readFlow(context.client, flow_id!),
    deployment_id ? readDeploymentOrFail(context, deployment_id) : null,
  ])
  return { flowRun, flow, deployment, ...place }
}

async function readDeploymentOrFail(context: WorkerContext, id: string): Promise<Deployment> {
  try {
    return await readDeployment(context.client, id, { exactNumbers: ['job_variables'] })
  } catch (error) {
    if (isAedileError(error, 'api_not_found')) throw new DeploymentGone(`Deployment ${id} no longer exists, cancelled run.`)
    throw error
  }
}
