import type { FlowRun } from '@aedile/core/resources/flow-run'
import { PREFECT_VERSION } from '@aedile/core/templates/prepare'
import type { Infrastructure, RunOptions } from './infrastructure.ts'
import type { InfrastructureResult } from './infrastructure-result.ts'

/** What submission needs to know of a flow run. */
export type SubmittedRun = Pick<FlowRun, 'id' | 'name'>

/** The oldest version of Prefect that flow runs were submitted to by infrastructure blocks. */
export const MIN_COMPAT_PREFECT_VERSION = '2.0b12'

/** The variables by which an engine knows its flow run; the id without dashes, as infrastructure blocks gave it. */
export function baseFlowRunEnvironment({ id }: SubmittedRun): Record<string, string> {
  return { PREFECT__FLOW_RUN_ID: id.replaceAll('-', '').toLowerCase() }
}

/** The labels by which people find what a flow run made. */
export function baseFlowRunLabels({ id, name }: SubmittedRun): Record<string, string> {
  return { 'prefect.io/flow-run-id': id, 'prefect.io/flow-run-name': name, 'prefect.io/version': PREFECT_VERSION }
}

/** A copy of the block for this flow run: its variables, labels and name under the user's own. The original stays. */
export function prepareInfrastructure<Given extends Infrastructure>(flowRun: SubmittedRun, infrastructure: Given): Given {
  return infrastructure.withDefaults({
    env: baseFlowRunEnvironment(flowRun),
    labels: baseFlowRunLabels(flowRun),
    name: flowRun.name,
  })
}

/**
 * Runs the block's command for a flow run: the engine in it does the rest. No state of the run is set here.
 * @throws as `run` of the infrastructure does.
 */
export function submitFlowRun<Started extends string | number, Result extends InfrastructureResult>(
  flowRun: SubmittedRun,
  infrastructure: Infrastructure<Started, Result>,
  options?: RunOptions<Started>,
): Promise<Result> {
  return prepareInfrastructure(flowRun, infrastructure as unknown as Infrastructure).run(
    options as RunOptions<string | number>,
  ) as Promise<Result>
}
