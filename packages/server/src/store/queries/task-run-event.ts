import type { ReceivedEvent } from '@aedile/core/resources/event'
import { durationSeconds, keyValueLabels, nullable, tags, timestamp } from '@aedile/core/resources/scalars'
import { state } from '@aedile/core/resources/state'
import { taskInputs, taskRunPolicy } from '@aedile/core/resources/task-run'
import { defaultStateName } from '@aedile/core/states'
import { MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import { z } from 'zod'
import type { TaskRunStateTable, TaskRunTable } from '../tables.ts'
import { toMicroseconds } from './filters/condition.ts'

/** What one event says about a task run: the columns that it carries, and the state that it is. */
export type TaskRunReport = {
  event: ReceivedEvent
  id: string
  flowRunId: string | null
  taskKey: string
  dynamicKey: string
  columns: Partial<TaskRunTable> & StateColumns
  /** Its details name the task run by the event's id, which may not be the id of the stored run. */
  state: Omit<TaskRunStateTable, 'task_run_id' | 'state_details'> & { state_details: z.output<typeof state>['state_details'] }
}
type StateColumns = Required<Pick<TaskRunTable, 'state_id' | 'state_type' | 'state_name'>> & { state_timestamp: number }

/** True for the events that clients report their task runs by. Source: WC 4.6. */
export function isTaskRunReport(event: ReceivedEvent): boolean {
  return event.event.startsWith('prefect.task-run.') && event.resource['prefect.orchestration'] === 'client'
}

/** @throws when the event does not carry what a task run needs. */
export function readTaskRunReport(event: ReceivedEvent): TaskRunReport {
  const id = readObjectId(event.resource['prefect.resource.id'], 'prefect.task-run.')
  const flowRun = event.related.find((resource) => resource['prefect.resource.role'] === 'flow-run')
  const flowRunId = flowRun ? readObjectId(flowRun['prefect.resource.id'], 'prefect.flow-run.') : null
  const { task_run, validated_state } = reportPayload.parse(event.payload)
  const reached = state.parse({ ...validated_state, id: event.id, timestamp: event.occurred })
  const name = reached.name ?? defaultStateName(reached.type)
  const time = toMicroseconds(reached.timestamp)
  return {
    event,
    id,
    flowRunId,
    taskKey: task_run.task_key,
    dynamicKey: task_run.dynamic_key,
    columns: {
      ...toColumns(task_run),
      flow_run_id: flowRunId,
      state_id: reached.id,
      state_type: reached.type,
      state_name: name,
      state_timestamp: time,
    },
    state: {
      id: reached.id,
      timestamp: time,
      type: reached.type,
      name,
      message: reached.message,
      state_details: { ...reached.state_details, flow_run_id: flowRunId },
      data: reached.data === null ? null : JSON.stringify(reached.data),
      result_artifact_id: null,
    },
  }
}

const time = timestamp.nullable().transform((text) => (text === null ? null : toMicroseconds(text)))
const json = <T extends z.ZodType>(schema: T) => schema.transform((value) => JSON.stringify(value))

/** The task run as the client sends it: nulls and unchanged fields are left out. */
const reportedTaskRun = z.object({
  task_key: z.string(),
  dynamic_key: z.string(),
  name: z.string().optional(),
  cache_key: z.string().nullish(),
  cache_expiration: time.optional(),
  task_version: z.string().nullish(),
  empirical_policy: json(taskRunPolicy).optional(),
  tags: json(tags).optional(),
  labels: json(nullable(keyValueLabels).transform((labels) => labels ?? {})).optional(),
  task_inputs: json(taskInputs).optional(),
  run_count: z.number().int().optional(),
  flow_run_run_count: z.number().int().optional(),
  expected_start_time: time.optional(),
  next_scheduled_start_time: time.optional(),
  start_time: time.optional(),
  end_time: time.optional(),
  total_run_time: durationSeconds.transform((seconds) => Math.round(seconds * MICROSECONDS_PER_SECOND)).optional(),
})
const reportPayload = z.object({ task_run: reportedTaskRun, validated_state: z.looseObject({ type: z.string() }) })

function toColumns(reported: z.output<typeof reportedTaskRun>): Partial<TaskRunTable> {
  return Object.fromEntries(Object.entries(reported).filter(([, value]) => value !== undefined))
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function readObjectId(resourceId: string | undefined, prefix: string): string {
  const id = resourceId?.startsWith(prefix) ? resourceId.slice(prefix.length).toLowerCase() : ''
  if (!UUID.test(id)) throw new TypeError(`Expected a resource id like ${prefix}<uuid>, got ${resourceId}`)
  return id
}
