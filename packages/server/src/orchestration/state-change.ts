import type { JsonObject } from '@aedile/core/json'
import type { Json } from '../store/tables.ts'
import type { RunState } from './run-state.ts'

/** What the event carries of a state's message at most. */
const MESSAGE_CHARACTERS = 100_000

type StateSummary = Pick<RunState, 'id' | 'type' | 'name' | 'message' | 'timestamp'>

/**
 * The payload of the outbox kinds `flow-run-state` and `task-run-state`: all that is needed to make the event of
 * WC 6.9, and the ids to look up its related resources. Times are microseconds.
 */
export type StateChange = {
  run_id: string
  run: {
    name: string
    run_count: number
    tags: string[]
    flow_id?: string
    flow_run_id?: string | null
    deployment_id?: string | null
    work_queue_id?: string | null
    parent_task_run_id?: string | null
    created_by?: JsonObject | null
  }
  initial_state: StateSummary | null
  validated_state: StateSummary
  principal: string
}

/** Makes the payload of an outbox row. */
export function buildStateChange(
  change: Omit<StateChange, 'initial_state' | 'validated_state'>,
  initial: RunState | null,
  validated: RunState,
): Json {
  const payload: StateChange = {
    ...change,
    initial_state: initial === null ? null : summarize(initial),
    validated_state: summarize(validated),
  }
  return JSON.stringify(payload)
}

function summarize({ id, type, name, message, timestamp }: RunState): StateSummary {
  return { id, type, name, message: message?.slice(0, MESSAGE_CHARACTERS) ?? null, timestamp }
}
