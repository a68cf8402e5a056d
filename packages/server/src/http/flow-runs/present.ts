import type { JsonObject } from '@aedile/core/json'
import { parseJsonKeepingNumbers } from '@aedile/core/python-text'
import type { Creator, FlowRun, WorkerFlowRun } from '@aedile/core/resources/flow-run'
import type { StateType } from '@aedile/core/states'
import { formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import { readFlowRunPolicy } from '../../orchestration/policy.ts'
import { type RunState, stateOfRow, toWireState } from '../../orchestration/run-state.ts'
import type { FlowRunTable } from '../../store/tables.ts'
import { estimateLateness, estimateRunTime } from './estimates.ts'
import { type FlowRunRow, shownState } from './select.ts'

/** A flow run as responses carry it. Source: WC 6.3. */
export function presentFlowRun(row: FlowRunRow, now: Microseconds = nowMicroseconds()): FlowRun {
  const state = shownState(row)
  return {
    ...presentCore(row, now),
    work_queue_name: row.shown_queue_name ?? row.work_queue_name,
    work_pool_id: row.shown_pool_id,
    work_pool_name: row.shown_pool_name,
    state: state === null ? null : toWireState(stateOfRow(state)),
    job_variables: readJobVariables(row),
  }
}

/** A flow run that was just made. Null when more is to be read: the names of its queue and pool, or the data of its state. */
export function presentNewFlowRun({ row, state }: { row: FlowRunTable; state: RunState }): FlowRun | null {
  if (row.work_queue_id !== null || state.data !== null) return null
  return {
    ...presentCore(row, nowMicroseconds()),
    work_pool_id: null,
    work_pool_name: null,
    state: toWireState(state),
    job_variables: readJobVariables(row),
  }
}

/** One element of the answer to a worker's poll: the run without its state. Source: WC 5.5. */
export function presentWorkerFlowRun(row: FlowRunTable, workPoolId: string, now: Microseconds): WorkerFlowRun {
  const run = { ...presentCore(row, now), state: null, job_variables: readJobVariables(row) }
  return { work_pool_id: workPoolId, work_queue_id: row.work_queue_id!, flow_run: run }
}

function presentCore(row: FlowRunTable, now: Microseconds) {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    flow_id: row.flow_id,
    state_id: row.state_id,
    deployment_id: row.deployment_id,
    deployment_version: row.deployment_version,
    work_queue_id: row.work_queue_id,
    work_queue_name: row.work_queue_name,
    flow_version: row.flow_version,
    parameters: JSON.parse(row.parameters) as JsonObject,
    idempotency_key: row.idempotency_key,
    context: JSON.parse(row.context) as JsonObject,
    empirical_policy: readFlowRunPolicy(row),
    tags: JSON.parse(row.tags) as string[],
    labels: JSON.parse(row.labels) as Record<string, string | number | boolean>,
    parent_task_run_id: row.parent_task_run_id,
    state_type: row.state_type as StateType | null,
    state_name: row.state_name,
    run_count: row.run_count,
    expected_start_time: formatOrNull(row.expected_start_time),
    next_scheduled_start_time: formatOrNull(row.next_scheduled_start_time),
    start_time: formatOrNull(row.start_time),
    end_time: formatOrNull(row.end_time),
    total_run_time: row.total_run_time / MICROSECONDS_PER_SECOND,
    estimated_run_time: estimateRunTime(row, now),
    estimated_start_time_delta: estimateLateness(row, now),
    auto_scheduled: row.auto_scheduled === 1,
    infrastructure_document_id: row.infrastructure_document_id,
    infrastructure_pid: row.infrastructure_pid,
    created_by: row.created_by === null ? null : (JSON.parse(row.created_by) as Creator),
  }
}

/** Scheduled runs have none of their own, and are shown with an empty object. */
function readJobVariables(row: FlowRunTable): JsonObject | null {
  return row.job_variables === null ? {} : (parseJsonKeepingNumbers(row.job_variables) as JsonObject)
}

const formatOrNull = (time: Microseconds | null) => (time === null ? null : formatTimestamp(time))
