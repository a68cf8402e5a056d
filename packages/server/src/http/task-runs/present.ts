import { type TaskRun, taskInputs, taskRunPolicy } from '@aedile/core/resources/task-run'
import type { StateType } from '@aedile/core/states'
import { formatTimestamp, MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import type { Kysely } from 'kysely'
import { stateOfRow, toWireState } from '../../orchestration/run-state.ts'
import type { Database, TaskRunTable } from '../../store/tables.ts'
import { estimateLateness, estimateRunTime } from '../flow-runs/estimates.ts'
import { type ShownState, shownState } from '../flow-runs/select.ts'

/** A task run with its state, as answers need it. */
export type TaskRunRow = TaskRunTable & ShownState

/** Starts a query for task runs. */
export function selectTaskRuns(db: Kysely<Database>) {
  return db
    .selectFrom('task_run')
    .leftJoin('task_run_state as shown_state', 'shown_state.id', 'task_run.state_id')
    .selectAll('task_run')
    .select([
      'shown_state.id as shown_state_id',
      'shown_state.timestamp as shown_state_timestamp',
      'shown_state.type as shown_state_type',
      'shown_state.name as shown_state_name',
      'shown_state.message as shown_state_message',
      'shown_state.state_details as shown_state_details',
      'shown_state.data as shown_state_data',
    ])
}

/** A task run as responses carry it. Source: WC 6.4. */
export function presentTaskRun(row: TaskRunRow, now: Microseconds = nowMicroseconds()): TaskRun {
  const state = shownState(row)
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    name: row.name,
    flow_run_id: row.flow_run_id,
    task_key: row.task_key,
    dynamic_key: row.dynamic_key,
    cache_key: row.cache_key,
    cache_expiration: formatOrNull(row.cache_expiration),
    task_version: row.task_version,
    empirical_policy: taskRunPolicy.parse(JSON.parse(row.empirical_policy)),
    tags: JSON.parse(row.tags) as string[],
    labels: JSON.parse(row.labels) as Record<string, string | number | boolean>,
    state_id: row.state_id,
    task_inputs: taskInputs.parse(JSON.parse(row.task_inputs)),
    state_type: row.state_type as StateType | null,
    state_name: row.state_name,
    run_count: row.run_count,
    flow_run_run_count: row.flow_run_run_count,
    expected_start_time: formatOrNull(row.expected_start_time),
    next_scheduled_start_time: formatOrNull(row.next_scheduled_start_time),
    start_time: formatOrNull(row.start_time),
    end_time: formatOrNull(row.end_time),
    total_run_time: row.total_run_time / MICROSECONDS_PER_SECOND,
    estimated_run_time: estimateRunTime(row, now),
    estimated_start_time_delta: estimateLateness(row, now),
    state: state === null ? null : toWireState(stateOfRow(state)),
  }
}

const formatOrNull = (time: Microseconds | null) => (time === null ? null : formatTimestamp(time))
