import { uuid7 } from '@aedile/core/client/uuid7'
import type { JsonValue } from '@aedile/core/json'
import type { State, StateCreate, StateDetails } from '@aedile/core/resources/state'
import { stateDetails } from '@aedile/core/resources/state'
import { defaultStateName, type StateType } from '@aedile/core/states'
import { formatTimestamp, type Microseconds, nowMicroseconds, parseTimestamp } from '@aedile/core/time'
import type { StateTable } from '../store/tables.ts'

/** A state inside orchestration: the document of the API, with its time as an integer. */
export type RunState = Omit<State, 'timestamp' | 'name'> & { name: string; timestamp: Microseconds }

/** What a proposed state is made of. Details that are not given get their defaults. */
export type StateDraft = {
  type: StateType
  name?: string | null
  message?: string | null
  data?: JsonValue | null
  details?: Partial<StateDetails>
}

/** What is stored passed the schema when it came in; later fields have their defaults. */
const NO_DETAILS: StateDetails = stateDetails.parse({})

/** Makes a state with an id and a timestamp. A SCHEDULED one without a time is scheduled for now. Source: WC 3.1.5. */
export function buildState(draft: StateDraft): RunState {
  const timestamp = nowMicroseconds()
  const details = completeDetails(draft.details)
  if (draft.type === 'SCHEDULED' && details.scheduled_time === null) details.scheduled_time = formatTimestamp(timestamp)
  return {
    id: uuid7(timestamp / 1000),
    type: draft.type,
    name: draft.name ?? defaultStateName(draft.type),
    timestamp,
    message: draft.message ?? null,
    data: draft.data ?? null,
    state_details: details,
  }
}

function completeDetails(given: Partial<StateDetails> = {}): StateDetails {
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...NO_DETAILS, ...Object.fromEntries(known) }
}

/** Makes the state that a client proposed. */
export function buildProposedState(proposal: StateCreate): RunState {
  return buildState({ ...proposal, details: proposal.state_details })
}

/** The same state as a new one: fresh id and timestamp. */
export function copyState(state: RunState): RunState {
  const timestamp = nowMicroseconds()
  return { ...state, id: uuid7(timestamp / 1000), timestamp, state_details: { ...state.state_details } }
}

/** A stored row as a state. */
export function stateOfRow(row: Omit<StateTable, 'result_artifact_id'>): RunState {
  return {
    id: row.id,
    type: row.type as StateType,
    name: row.name,
    timestamp: row.timestamp,
    message: row.message,
    data: row.data === null ? null : (JSON.parse(row.data) as JsonValue),
    state_details: { ...NO_DETAILS, ...(JSON.parse(row.state_details) as Partial<StateDetails>) },
  }
}

/** The state as responses carry it. */
export function toWireState(state: RunState): State {
  return { ...state, timestamp: formatTimestamp(state.timestamp) }
}

/** When a scheduled state is due, or null. */
export function scheduledTime(state: RunState | null): Microseconds | null {
  return state === null ? null : parseTimestamp(state.state_details.scheduled_time)
}
