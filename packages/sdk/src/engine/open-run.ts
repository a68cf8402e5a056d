import { createHash } from 'node:crypto'
import type { ApiClient } from '@aedile/core/client/client'
import { createFlowRun, filterFlowRuns, updateFlowRun } from '@aedile/core/client/flow-runs'
import { createFlow } from '@aedile/core/client/flows'
import { createTaskRun } from '@aedile/core/client/task-runs'
import { uuid7 } from '@aedile/core/client/uuid7'
import type { JsonObject } from '@aedile/core/json'
import { makeRandomName } from '@aedile/core/random-name'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { isTerminal } from '@aedile/core/states'
import type { FlowDefinition } from '../definition.ts'
import type { Session } from '../session.ts'
import type { FlowRunRecord } from './flow-run-record.ts'
import { readFlowVersion } from './flow-version.ts'
import { LocalRun } from './local-run.ts'
import type { FlowScope } from './scope.ts'
import { ServerRun } from './server-run.ts'
import { taskInputsOf } from './task-inputs.ts'

/** Opens the record of a run: one that exists already, one of a subflow, or a new one; here when there is no server. */
export async function openRun(
  session: Session,
  definition: FlowDefinition,
  parameters: object,
  parent: FlowScope | null,
  existing: FlowRun | null,
): Promise<FlowRunRecord> {
  const { client } = session
  if (client && existing) return new ServerRun(client, await adoptRun(client, definition, existing), session.settings.attempt)
  const json = toJsonParameters(parameters)
  const name = runName(definition, parameters)
  if (client && parent?.record.recorded)
    return new ServerRun(client, await openSubflowRun(client, definition, name, json, parent))
  if (client) return new ServerRun(client, await createRun(client, definition, name, json, null))
  return new LocalRun(definition, name ?? makeRandomName(), json)
}

async function createRun(
  client: ApiClient,
  definition: FlowDefinition,
  name: string | undefined,
  parameters: JsonObject,
  parentTaskRunId: string | null,
): Promise<FlowRun> {
  const { options } = definition
  const flow = await createFlow(client, { name: definition.name })
  return createFlowRun(client, {
    flow_id: flow.id,
    flow_version: readFlowVersion(definition),
    ...(name === undefined ? {} : { name }),
    parameters,
    context: {},
    tags: [...(options.tags ?? [])],
    parent_task_run_id: parentTaskRunId,
    empirical_policy: { retries: options.retries ?? 0, retry_delay: wholeSeconds(options.retryDelaySeconds) },
    // Makes it safe to send this again when the answer is lost.
    idempotency_key: uuid7(),
    state: { type: 'PENDING', name: 'Pending' },
  })
}

/** A run that a deployment made gets from its flow what only the flow knows. */
async function adoptRun(client: ApiClient, definition: FlowDefinition, flowRun: FlowRun): Promise<FlowRun> {
  const { options } = definition
  const empirical_policy = { ...flowRun.empirical_policy }
  empirical_policy.retries ??= options.retries ?? 0
  empirical_policy.retry_delay ??= wholeSeconds(options.retryDelaySeconds)
  await updateFlowRun(client, flowRun.id, { flow_version: readFlowVersion(definition), empirical_policy })
  return flowRun
}

/**
 * A subflow's run hangs on a task run of its parent. The key of that task run is the number of the call, so that a parent
 * that runs again finds what it called before.
 */
async function openSubflowRun(
  client: ApiClient,
  definition: FlowDefinition,
  name: string | undefined,
  parameters: JsonObject,
  parent: FlowScope,
): Promise<FlowRun> {
  const taskKey = `${definition.name}-${createHash('sha256').update(definition.source).digest('hex').slice(0, 8)}`
  const calls = parent.subflowCalls.get(taskKey) ?? 0
  parent.subflowCalls.set(taskKey, calls + 1)
  const taskRun = await createTaskRun(client, {
    name: `${definition.name}-${calls}`,
    flow_run_id: parent.record.flowRun.id,
    task_key: taskKey,
    dynamic_key: String(calls),
    task_version: readFlowVersion(definition),
    empirical_policy: { retries: 0, retry_delay: 0 },
    state: { type: 'PENDING', name: 'Pending' },
    task_inputs: taskInputsOf(Object.keys(parameters), Object.values(parameters), parent.madeBy),
  })
  const earlier = await findEarlierRun(client, taskRun.id, taskRun.state_type, parent.record.flowRun.run_count > 1)
  return earlier ?? createRun(client, definition, name, parameters, taskRun.id)
}

/** A parent that runs again takes up a subflow's run, unless that one failed or left no result to take over. */
async function findEarlierRun(
  client: ApiClient,
  taskRunId: string,
  taskRunState: FlowRun['state_type'],
  rerunning: boolean,
): Promise<FlowRun | null> {
  if (rerunning && isTerminal(taskRunState) && taskRunState !== 'COMPLETED') return null
  const filter = { flow_runs: { parent_task_run_id: { any_: [taskRunId] } }, sort: 'EXPECTED_START_TIME_DESC', limit: 1 }
  const [found] = await filterFlowRuns(client, filter)
  if (!found) return null
  const endedWithoutResult = isTerminal(found.state_type) && (found.state?.data ?? null) === null
  return rerunning && endedWithoutResult ? null : found
}

function runName({ options }: FlowDefinition, parameters: object): string | undefined {
  const { flowRunName } = options
  return typeof flowRunName === 'function' ? flowRunName(parameters) : flowRunName
}

/** The API counts delays of flow runs in whole seconds. */
function wholeSeconds(seconds: number | undefined): number {
  return Math.ceil(seconds ?? 0)
}

/** Parameters as the server shows them. What JSON cannot hold is shown as text; the flow itself gets the values. */
function toJsonParameters(parameters: object): JsonObject {
  const entries = Object.entries(parameters).map(([key, value]) => {
    try {
      return [key, JSON.parse(JSON.stringify(value) ?? 'null')]
    } catch {
      return [key, String(value)]
    }
  })
  return Object.fromEntries(entries) as JsonObject
}
