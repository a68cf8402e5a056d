import type { JsonObject, JsonValue } from '@aedile/core/json'
import type { EventInput } from '@aedile/core/resources/event'
import type { StateType } from '@aedile/core/states'
import { formatPythonIso, formatTimestamp, type Microseconds } from '@aedile/core/time'
import { tagResource } from './related-resources.ts'

/** A state of a task run, made here: the client orchestrates its task runs itself. */
export type TaskState = {
  id: string
  type: StateType
  name: string
  timestamp: Microseconds
  message: string
  details: JsonObject
  data: JsonValue
}

/** What an event tells about the task run beside its state; without the fields that are null. */
export type TaskRunFacts = { id: string; name: string; tags: string[]; runCount: number; fields: JsonObject }

const MAX_MESSAGE_LENGTH = 100_000

/** The event from which the server makes the task run and its state. Its id is the state's id. Source: WC 1.3. */
export function buildTaskRunEvent(taskRun: TaskRunFacts, from: TaskState | null, to: TaskState): EventInput {
  const message = to.message.slice(0, MAX_MESSAGE_LENGTH)
  return {
    id: to.id,
    occurred: formatTimestamp(to.timestamp),
    event: `prefect.task-run.${to.name}`,
    resource: {
      'prefect.resource.id': `prefect.task-run.${taskRun.id}`,
      'prefect.resource.name': taskRun.name,
      'prefect.run-count': String(taskRun.runCount),
      'prefect.state-message': message,
      'prefect.state-name': to.name,
      'prefect.state-timestamp': formatPythonIso(to.timestamp),
      'prefect.state-type': to.type,
      'prefect.orchestration': 'client',
    },
    related: [...taskRun.tags].sort().map(tagResource),
    payload: {
      intended: { from: from?.type ?? null, to: to.type },
      initial_state: from && {
        type: from.type,
        name: from.name,
        message: from.message.slice(0, MAX_MESSAGE_LENGTH),
        state_details: from.details,
      },
      validated_state: { type: to.type, name: to.name, message, state_details: to.details, data: to.data },
      task_run: taskRun.fields,
    },
    follows: from?.id ?? null,
  }
}
