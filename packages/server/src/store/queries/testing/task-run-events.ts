import { randomUUID } from 'node:crypto'
import { type ReceivedEvent, receivedEvent } from '@aedile/core/resources/event'

export type TaskRunEventParts = {
  taskRunId: string
  flowRunId?: string | null
  occurred: string
  type: string
  name?: string
  message?: string
  taskRun?: Record<string, unknown>
  id?: string
}

/** An event as Python clients report a task run's state by. Source: WC 1.3. */
export function taskRunEvent(parts: TaskRunEventParts): ReceivedEvent {
  const { taskRunId, flowRunId, occurred, type, message = '', taskRun } = parts
  const name = parts.name ?? type.charAt(0) + type.slice(1).toLowerCase()
  const related = flowRunId
    ? [{ 'prefect.resource.id': `prefect.flow-run.${flowRunId}`, 'prefect.resource.role': 'flow-run' }]
    : []
  return receivedEvent.parse({
    id: parts.id ?? randomUUID(),
    occurred,
    received: occurred,
    event: `prefect.task-run.${name}`,
    resource: {
      'prefect.resource.id': `prefect.task-run.${taskRunId}`,
      'prefect.resource.name': 'load-0',
      'prefect.orchestration': 'client',
    },
    related,
    payload: {
      intended: { from: null, to: type },
      initial_state: null,
      validated_state: { type, name, message, state_details: {}, data: null },
      task_run: { name: 'load-0', task_key: 'load-1a2b', dynamic_key: '0', run_count: 0, tags: ['t'], ...taskRun },
    },
  })
}
