import { randomUUID } from 'node:crypto'
import { isJsonObject, type JsonValue } from '@aedile/core/json'
import type { ArtifactTable, StateTable } from '../store/tables.ts'
import type { RunState } from './run-state.ts'

/**
 * A state as it is stored, and the artifact that keeps its data. Data that says it is unpersisted lives in the answer
 * alone. Source: WC 3.1.6.
 */
export function toStoredState(
  state: RunState,
  run: { flowRunId: string | null; taskRunId: string | null },
): { state: StateTable; artifact: ArtifactTable | null } {
  const artifact = isKept(state.data) ? toArtifact(state, run) : null
  return {
    state: {
      id: state.id,
      timestamp: state.timestamp,
      type: state.type,
      name: state.name,
      message: state.message,
      state_details: JSON.stringify(state.state_details),
      data: artifact?.data ?? null,
      result_artifact_id: artifact?.id ?? null,
    },
    artifact,
  }
}

function isKept(data: JsonValue | null): boolean {
  return data !== null && !(isJsonObject(data) && data.type === 'unpersisted')
}

function toArtifact(state: RunState, run: { flowRunId: string | null; taskRunId: string | null }): ArtifactTable {
  const given = isJsonObject(state.data) ? { ...state.data } : {}
  const { artifact_key: key, artifact_type: type, artifact_description: description, ...rest } = given
  return {
    id: randomUUID(),
    created: state.timestamp,
    updated: state.timestamp,
    key: textOrNull(key),
    type: textOrNull(type),
    description: textOrNull(description),
    data: JSON.stringify(isJsonObject(state.data) ? rest : state.data),
    metadata_: null,
    flow_run_id: run.flowRunId,
    task_run_id: run.taskRunId,
    flow_run_state_id: run.taskRunId === null ? state.id : null,
    task_run_state_id: run.taskRunId === null ? null : state.id,
  }
}

const textOrNull = (value: JsonValue | undefined) => (typeof value === 'string' && value !== '' ? value : null)
