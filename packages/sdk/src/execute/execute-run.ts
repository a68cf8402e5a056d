import { existsSync } from 'node:fs'
import type { ApiClient } from '@aedile/core/client/client'
import { readDeployment } from '@aedile/core/client/deployments'
import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { isAedileError } from '@aedile/core/errors'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { isTerminal } from '@aedile/core/states'
import { describeError } from '../engine/ending.ts'
import { createRunLogger } from '../engine/run-logger.ts'
import { FLOW } from '../flow.ts'
import type { RunLogger } from '../logger.ts'
import type { Session } from '../session.ts'
import type { LoadedFlow } from './find-flow.ts'
import { loadFlow } from './load-flow.ts'
import { createReferenceLookup } from './reference-lookup.ts'

/** The run's end is on the server, or is somebody else's business: the process has nothing to tell by its exit code. */
const DONE = 0
const FAILED = 1
const TERMINATED = 143

/** Executes one flow run: gets its code, loads its flow, runs it. Returns the exit code of the process. */
export async function executeRun(
  session: Session & { client: ApiClient },
  flowRunId: string,
  signal: AbortSignal,
): Promise<number> {
  const { client } = session
  const flowRun = await readFlowRun(client, flowRunId)
  const label = `Flow run '${flowRun.name}'`
  const logger = createRunLogger(session, { flowRunId, taskRunId: null, recorded: true, label })
  try {
    const flow = await prepareFlow(session, flowRun, logger, signal)
    return await runFlow(session, flow, flowRun, signal)
  } catch (error) {
    logger.error(`The run cannot be started: ${describeError(error)}`)
    return await reportCrash(session, flowRunId, error)
  } finally {
    await Promise.all([session.events?.flush(), session.logs?.flush()])
  }
}

async function prepareFlow(
  session: Session & { client: ApiClient },
  flowRun: FlowRun,
  logger: RunLogger,
  signal: AbortSignal,
): Promise<LoadedFlow> {
  if (flowRun.deployment_id === null) throw new Error('the run has no deployment, so there is no flow to load')
  const deployment = await readDeployment(session.client, flowRun.deployment_id)
  const steps = deployment.pull_steps ?? []
  const start = steps.length === 0 && deployment.path && existsSync(deployment.path) ? deployment.path : process.cwd()
  if (start !== process.cwd()) process.chdir(start)
  let folder = start
  if (steps.length > 0) {
    // Most runs of served flows have no steps; templates and git are loaded for those that do.
    const { runPullSteps } = await import('./pull-steps.ts')
    const context = { folder, environment: process.env, logger, signal }
    const lookup = createReferenceLookup(session.client)
    folder = await runPullSteps(steps, { context, lookup, events: session.events!, deployment, flowRun })
  }
  if (!deployment.entrypoint) throw new Error(`the deployment ${deployment.name} has no entrypoint`)
  return loadFlow(deployment.entrypoint, folder)
}

async function runFlow(
  session: Session & { client: ApiClient },
  flow: LoadedFlow,
  flowRun: FlowRun,
  signal: AbortSignal,
): Promise<number> {
  try {
    await flow[FLOW].execute(flowRun, session, signal)
    return DONE
  } catch (error) {
    if (isAedileError(error, 'flow_run_interrupted')) return TERMINATED
    const handled = ['flow_run_aborted', 'flow_run_paused', 'flow_run_ended', 'flow_run_cancelled'] as const
    if (handled.some((code) => isAedileError(error, code))) {
      session.tell(describeError(error))
      return DONE
    }
    // The flow's own error is in its state; anything else left the run without an end.
    const now = await readFlowRun(session.client, flowRun.id)
    if (isTerminal(now.state_type)) return DONE
    throw error
  }
}

/** The reason belongs into the run: nobody reads the output of a process that is gone. */
async function reportCrash(
  { client, settings }: Session & { client: ApiClient },
  flowRunId: string,
  error: unknown,
): Promise<number> {
  const message = `The run could not be executed: ${describeError(error)}`
  await setFlowRunState(client, flowRunId, { type: 'CRASHED', message }, fenceOf(settings.attempt)).catch(() => null)
  return FAILED
}

function fenceOf(attempt: string | null): { attempt?: string } {
  return attempt === null ? {} : { attempt }
}
