import { nowMicroseconds } from '@aedile/core/time'
import type { TaskRunTable } from '../tables.ts'
import type { TaskRunReport } from './task-run-event.ts'

/** Applies reports, in the order of their times, to runs that are stored or new. */
export class TaskRunMerge {
  readonly created = new Set<TaskRunTable>()
  readonly changed = new Set<TaskRunTable>()
  readonly #byId = new Map<string, TaskRunTable>()
  readonly #byKey = new Map<string, TaskRunTable>()
  readonly #now = nowMicroseconds()

  constructor(stored: readonly TaskRunTable[]) {
    for (const row of stored) this.#register(row)
  }

  /** Returns the run that the report belongs to. */
  add(report: TaskRunReport): TaskRunTable {
    const row = this.#find(report)
    if (!row) return this.#create(report)
    if (row.state_timestamp === null || row.state_timestamp < report.columns.state_timestamp) {
      Object.assign(row, report.columns, { updated: this.#now })
      if (!this.created.has(row)) this.changed.add(row)
    }
    return row
  }

  #find(report: TaskRunReport): TaskRunTable | undefined {
    const key = naturalKey(report.flowRunId, report.taskKey, report.dynamicKey)
    return (key === null ? undefined : this.#byKey.get(key)) ?? this.#byId.get(report.id)
  }

  #create(report: TaskRunReport): TaskRunTable {
    const row: TaskRunTable = {
      ...NO_COLUMNS,
      id: report.id,
      created: this.#now,
      updated: this.#now,
      name: `${report.taskKey}-${report.dynamicKey.slice(0, 3)}`,
      task_key: report.taskKey,
      dynamic_key: report.dynamicKey,
      ...report.columns,
    }
    this.created.add(row)
    this.#register(row)
    return row
  }

  #register(row: TaskRunTable): void {
    this.#byId.set(row.id, row)
    const key = naturalKey(row.flow_run_id, row.task_key, row.dynamic_key)
    if (key !== null) this.#byKey.set(key, row)
  }
}

const NO_COLUMNS = {
  flow_run_id: null,
  cache_key: null,
  cache_expiration: null,
  task_version: null,
  empirical_policy: '{"max_retries":0,"retry_delay_seconds":0,"retries":null,"retry_delay":null,"retry_jitter_factor":null}',
  tags: '[]',
  labels: '{}',
  task_inputs: '{}',
  run_count: 0,
  flow_run_run_count: 0,
  expected_start_time: null,
  next_scheduled_start_time: null,
  start_time: null,
  end_time: null,
  total_run_time: 0,
}

function naturalKey(flowRunId: string | null, taskKey: string, dynamicKey: string): string | null {
  return flowRunId === null ? null : JSON.stringify([flowRunId, taskKey, dynamicKey])
}
